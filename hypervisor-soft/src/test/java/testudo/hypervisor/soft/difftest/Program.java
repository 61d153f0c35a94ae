package testudo.hypervisor.soft.difftest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// A random program: its code, its operands, and what is needed to say which of its pieces went wrong.
///
/// It starts at [Layout#CODE] with any register values, and jumps to [Layout#FINISH] when it is done. Its registers are then at
/// [Layout#STATE], and the results of its pieces in the log.
///
/// @param seed      what it was made from
/// @param code      goes to [Layout#CODE]
/// @param state     goes to [Layout#STATE]
/// @param pool      goes to [Layout#POOL]
/// @param data      goes to [Layout#DATA]
/// @param pieces    what it is made of, in order
/// @param dumpBytes how many bytes from [Layout#STATE] on are worth comparing
public record Program(long seed, byte[] code, byte[] state, byte[] pool, byte[] data, List<Piece> pieces, int dumpBytes) {
    /// A few instructions that belong together.
    ///
    /// @param name    what they do
    /// @param address where they begin
    /// @param log     the first log entry that they may write
    public record Piece(String name, long address, int log) {}

    /// The whole memory that the program starts with, [Layout#SIZE_BYTES] bytes from [Layout#BASE] on.
    ///
    /// @param finish the code at [Layout#FINISH]
    public byte[] memory(byte[] finish) {
        byte[] memory = new byte[Layout.SIZE_BYTES];
        put(memory, Layout.CODE, code);
        put(memory, Layout.FINISH, finish);
        put(memory, Layout.STATE, state);
        put(memory, Layout.POOL, pool);
        put(memory, Layout.DATA, data);
        return memory;
    }

    private static void put(byte[] memory, long address, byte[] bytes) {
        System.arraycopy(bytes, 0, memory, (int) (address - Layout.BASE), bytes.length);
    }

    /// Says where two outcomes differ first: in the log, with the piece that wrote it, else in memory or registers.
    ///
    /// @param expected what one machine left from [Layout#STATE] on
    /// @param actual   what the other one left there
    /// @return an empty text when they are equal
    public String difference(byte[] expected, byte[] actual) {
        int log = (int) (Layout.LOG - Layout.STATE);
        int at = mismatch(expected, actual, log, dumpBytes);
        if (at < 0) {
            at = mismatch(expected, actual, 0, log);
        }
        if (at < 0) {
            return "";
        }
        int word = at & ~7;
        return "seed %dL: %s: expected %016x, was %016x".formatted(seed, where(word), longAt(expected, word), longAt(actual, word));
    }

    private static int mismatch(byte[] expected, byte[] actual, int from, int to) {
        for (int at = from; at < to; at++) {
            if (expected[at] != actual[at]) {
                return at;
            }
        }
        return -1;
    }

    private static long longAt(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
    }

    private String where(int at) {
        long address = Layout.STATE + at;
        if (address >= Layout.LOG) {
            int entry = (int) (address - Layout.LOG) / 8;
            Piece piece = pieces.getFirst();
            for (Piece next : pieces) {
                if (next.log <= entry) {
                    piece = next;
                }
            }
            return "log entry %d, at or before %x %s".formatted(entry, piece.address, piece.name);
        }
        if (address >= Layout.POOL) {
            return "memory at %x".formatted(address);
        }
        int register = at / 8;
        return register < 32 ? "x" + register : register < 64 ? "f" + (register - 32) : "fcsr";
    }
}
