package testudo.testing.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Small static programs for riscv64 Linux, one loop each, as ELF files that need nothing of the guest but its kernel.
///
/// Encodings: RISC-V Unprivileged ISA, chapter "RV32/64G Instruction Set Listings".
final class RiscvProgram {
    /// Room for the file; it is read from a disk by blocks.
    static final int MOST_BYTES = 4096;
    /// What the memory loop walks over.
    static final int MEMORY_BYTES = 32 << 20;

    private static final long BASE = 0x10000;
    private static final int HEADERS = 64 + 56;
    private static final int EM_RISCV = 243;
    private static final int SYS_EXIT = 93;
    private static final int SYS_GETPID = 172;

    private static final int ZERO = 0;
    private static final int SP = 2;
    private static final int T0 = 5;
    private static final int T1 = 6;
    private static final int T2 = 7;
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int A2 = 12;
    private static final int A3 = 13;
    private static final int A7 = 17;

    private final List<Integer> code = new ArrayList<>();

    private RiscvProgram() {}

    /// Arithmetic, shifts, multiplication, a branch that is hard to foresee, and a little memory: a checksum over a made-up sequence.
    /// @param rounds how often, below 2^31
    static byte[] integer(int rounds) {
        RiscvProgram program = new RiscvProgram();
        program.constant(T0, rounds);
        program.constant(T2, 0x6DB88320);
        program.immediate(0x13, 0, SP, SP, -16);
        int loop = program.code.size();
        program.register(4, 0, A0, A0, T0);
        program.immediate(0x13, 7, T1, A0, 1);
        program.immediate(0x13, 5, A0, A0, 1);
        program.branch(0, T1, ZERO, 2);
        program.register(4, 0, A0, A0, T2);
        program.register(0, 1, A1, T0, A0);
        program.register(0, 0, A2, A2, A1);
        program.immediate(0x13, 1, A3, A2, 3);
        program.register(4, 0, A2, A2, A3);
        program.store(3, SP, A2, 8);
        program.immediate(0x03, 3, A1, SP, 8);
        program.register(0, 0, A0, A0, A1);
        program.immediate(0x13, 0, T0, T0, -1);
        program.branch(1, T0, ZERO, loop - program.code.size());
        return program.elf();
    }

    /// Reads and writes one word of each line of 32 MiB, over and over, a page and a line apart.
    /// @param rounds how many words, below 2^31
    static byte[] memory(int rounds) {
        RiscvProgram program = new RiscvProgram();
        program.constant(T0, rounds);
        program.constant(T1, (int) (BASE + MOST_BYTES));
        program.constant(T2, MEMORY_BYTES - 1);
        program.constant(A3, 4096 + 64);
        int loop = program.code.size();
        program.register(0, 0, A1, T1, A0);
        program.immediate(0x03, 3, A2, A1, 0);
        program.register(0, 0, A2, A2, T0);
        program.store(3, A1, A2, 0);
        program.register(0, 0, A0, A0, A3);
        program.register(7, 0, A0, A0, T2);
        program.immediate(0x13, 0, T0, T0, -1);
        program.branch(1, T0, ZERO, loop - program.code.size());
        return program.elf();
    }

    /// Calls the kernel for nothing: `getpid`.
    /// @param rounds how often, below 2^31
    static byte[] systemCalls(int rounds) {
        RiscvProgram program = new RiscvProgram();
        program.constant(T0, rounds);
        int loop = program.code.size();
        program.constant(A7, SYS_GETPID);
        program.code.add(0x73);
        program.immediate(0x13, 0, T0, T0, -1);
        program.branch(1, T0, ZERO, loop - program.code.size());
        return program.elf();
    }

    private void register(int funct3, int funct7, int to, int first, int second) {
        code.add(funct7 << 25 | second << 20 | first << 15 | funct3 << 12 | to << 7 | 0x33);
    }

    private void immediate(int opcode, int funct3, int to, int from, int value) {
        code.add(value << 20 | from << 15 | funct3 << 12 | to << 7 | opcode);
    }

    private void store(int funct3, int base, int from, int offset) {
        code.add(offset >> 5 << 25 | from << 20 | base << 15 | funct3 << 12 | (offset & 31) << 7 | 0x23);
    }

    /// @param by instructions, from the branch on
    private void branch(int funct3, int first, int second, int by) {
        int offset = by * Integer.BYTES;
        code.add((offset >> 12 & 1) << 31 | (offset >> 5 & 63) << 25 | second << 20 | first << 15 | funct3 << 12 | (offset >> 1 & 15) << 8
                | (offset >> 11 & 1) << 7 | 0x63);
    }

    /// A number that is not negative: `lui` and `addi`, the latter with its sign.
    private void constant(int to, int value) {
        code.add((value + 0x800 & 0xFFFF_F000) | to << 7 | 0x37);
        code.add(value << 20 | to << 15 | to << 7 | 0x1B);
    }

    /// One segment that may be read, written and run: headers, code, and memory behind them.
    private byte[] elf() {
        constant(A7, SYS_EXIT);
        immediate(0x13, 0, A0, ZERO, 0);
        code.add(0x73);
        int sizeBytes = HEADERS + code.size() * Integer.BYTES;
        ByteBuffer elf = ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[]{0x7F, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) EM_RISCV).putInt(1).putLong(BASE + HEADERS).putLong(64).putLong(0).putInt(0);
        elf.putShort((short) 64).putShort((short) 56).putShort((short) 1).putShort((short) 64).putShort((short) 0).putShort((short) 0);
        elf.putInt(1).putInt(7).putLong(0).putLong(BASE).putLong(BASE).putLong(sizeBytes).putLong(MOST_BYTES + (long) MEMORY_BYTES).putLong(
                4096);
        code.forEach(elf::putInt);
        return elf.array();
    }
}
