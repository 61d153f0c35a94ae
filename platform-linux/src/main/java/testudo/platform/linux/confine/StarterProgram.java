package testudo.platform.linux.confine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Errno;

/// A tiny static program, made at run time, whose only content is a list of system calls: what a new process does to itself before it becomes
/// the program that was asked for.
///
/// Namespaces, capabilities, Landlock and filters belong to a thread, and most can't be changed once a process has several. A Java process
/// always has; and between `clone` and `execve` no Java code may run. So the calls are laid out as a table in an ELF image of two pages of
/// code and a table, which is written to a memory file and run. It needs no compiler, no helper in the file system and no library.
public final class StarterProgram {
    private static final long BASE = 0x1000_0000L;
    private static final int ERRORS = 0x8000;
    private static final int TABLE = 0x1_0000;
    private static final int DATA = 0x2_0000;
    private static final int ROW_WORDS = 10;
    private static final int ROW_BYTES = ROW_WORDS * Long.BYTES;
    private static final int MAX_ROWS = (DATA - TABLE) / ROW_BYTES;
    private static final int KIND = 7;
    private static final int LINK = 8;
    private static final int MESSAGE = 9;
    private static final int MUST = 0;
    private static final int TRY = 1;
    private static final int FORK = 2;
    private static final int EXIT = 3;
    private static final int ERROR_COUNT = 134;
    private static final int ERROR_BYTES = 16;
    private static final int CODE_OFFSET = 0x1000;
    private static final int SIGCHLD = 17;

    private final Machine machine;
    private final List<long[]> rows = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /// Starts an empty program.
    /// @param machine for which machine
    public StarterProgram(Machine machine) {
        this.machine = machine;
    }

    /// A call that must succeed. If it fails, the process writes `WHAT: ERRNO` to descriptor 2 and exits with 126.
    /// @param what what failed then, and what the user can do about it
    /// @param call the call's name
    /// @param arguments up to six
    /// @return the row's number
    public int must(String what, String call, long... arguments) {
        byte[] text = (what + ": ").getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = ByteBuffer.allocate(Long.BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
        message.putLong(text.length).put(text);
        return row(MUST, call, bytes(message.array()), arguments);
    }

    /// A call whose result does not matter.
    /// @param call the call's name
    /// @param arguments up to six
    public void attempt(String call, long... arguments) {
        row(TRY, call, 0, arguments);
    }

    /// Stores a row's result as an argument of another.
    /// @param from the row
    /// @param to the other row
    /// @param argument which argument of it, 0 to 5
    public void pass(int from, int to, int argument) {
        rows.get(from)[LINK] = BASE + TABLE + (long) to * ROW_BYTES + Long.BYTES + (long) argument * Long.BYTES;
    }

    /// Forks. The child goes on with the next row, the parent with [#supervise()].
    /// @param what as for [#must]
    /// @return the row's number, for [#supervise(int)]
    public int fork(String what) {
        int row = must(what, "clone", SIGCHLD);
        rows.get(row)[KIND] = FORK;
        return row;
    }

    /// What the parent of a fork does: it closes everything, waits for the child and exits as the child did. The last rows of a program.
    /// @param fork the fork's row
    public void supervise(int fork) {
        rows.get(fork)[LINK] = BASE + TABLE + (long) rows.size() * ROW_BYTES;
        attempt("close_range", 0, 0xFFFF_FFFFL, 0);
        long status = bytes(new byte[Long.BYTES]);
        attempt("wait4", -1, status, 0, 0);
        long[] exit = new long[ROW_WORDS];
        exit[1] = status;
        exit[KIND] = EXIT;
        rows.add(exit);
    }

    /// Becomes another program. The last row that the process runs.
    /// @param what as for [#must]
    /// @param command absolute path and arguments
    /// @param environment `NAME=VALUE` each
    public void execute(String what, List<String> command, List<String> environment) {
        must(what, "execve", text(command.get(0)), texts(command), texts(environment));
    }

    /// Puts a string into the program.
    /// @param value without NUL
    /// @return its address
    /// @throws IllegalArgumentException for a NUL
    public long text(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("NUL in '" + value + "'");
        }
        return bytes((value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    /// Puts bytes into the program, aligned to 8 and writable.
    /// @param value the bytes
    /// @return their address
    public long bytes(byte[] value) {
        while (data.size() % Long.BYTES != 0) {
            data.write(0);
        }
        long address = BASE + DATA + data.size();
        data.writeBytes(value);
        return address;
    }

    /// Puts numbers into the program.
    /// @param values 64 bits each
    /// @return their address
    public long words(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            buffer.putLong(value);
        }
        return bytes(buffer.array());
    }

    private long texts(List<String> values) {
        long[] addresses = new long[values.size() + 1];
        for (int i = 0; i < values.size(); i++) {
            addresses[i] = text(values.get(i));
        }
        return words(addresses);
    }

    private int row(int kind, String call, long message, long... arguments) {
        if (rows.size() == MAX_ROWS) {
            throw new IllegalArgumentException("a jail of more than " + MAX_ROWS + " steps; grant folders instead of single files");
        }
        long[] row = new long[ROW_WORDS];
        row[0] = SystemCallTable.number(call, machine).orElseThrow();
        System.arraycopy(arguments, 0, row, 1, arguments.length);
        row[KIND] = kind;
        row[MESSAGE] = message;
        rows.add(row);
        return rows.size() - 1;
    }

    /// The program as an ELF file: code readable and executable, table and data readable and writable.
    /// Source: `elf(5)`, `include/uapi/linux/elf.h`.
    /// @return the file
    public byte[] image() {
        ByteBuffer file = ByteBuffer.allocate(DATA + data.size()).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[]{0x7F, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 2).putShort((short) machine.elfMachine()).putInt(1);
        file.putLong(BASE + CODE_OFFSET).putLong(64).putLong(0).putInt(0);
        file.putShort((short) 64).putShort((short) 56).putShort((short) 2).putShort((short) 0).putInt(0);
        segment(file, 5, 0, TABLE);
        segment(file, 6, TABLE, file.capacity() - TABLE);
        file.position(CODE_OFFSET).put(StarterCode.of(machine));
        for (int error = 0; error < ERROR_COUNT; error++) {
            String name = "%-15.15s%n".formatted(Errno.name(error));
            file.position(ERRORS + error * ERROR_BYTES).put(name.getBytes(StandardCharsets.US_ASCII));
        }
        file.position(TABLE);
        for (long[] row : rows) {
            for (long word : row) {
                file.putLong(word);
            }
        }
        file.position(DATA).put(data.toByteArray());
        return file.array();
    }

    /// A program header: `PT_LOAD` at the same offset in memory as in the file.
    private static void segment(ByteBuffer file, int flags, int offset, int sizeBytes) {
        file.putInt(1).putInt(flags).putLong(offset).putLong(BASE + offset).putLong(BASE + offset);
        file.putLong(sizeBytes).putLong(sizeBytes).putLong(0x1_0000);
    }
}
