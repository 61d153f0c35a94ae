package testudo.hypervisor.soft.difftest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// Makes random programs for user mode: the same seed gives the same program.
///
/// Programs end by themselves, touch no memory but their own, and depend on nothing that two right machines may do differently (no
/// counters, no reservation that something else could break).
public final class ProgramGenerator {
    /// What programs are made of.
    public enum Family {
        /// RV64I without memory and control.
        INTEGER(IntegerPieces::base, IntegerPieces::shift, IntegerPieces::immediate, IntegerPieces::upper),
        /// M.
        MULTIPLY(IntegerPieces::multiply),
        /// Zba, Zbb, Zbs.
        BITS(IntegerPieces::bits),
        /// F and D.
        FLOAT(FloatPieces::arithmetic, FloatPieces::fused, FloatPieces::toInteger, FloatPieces::fromInteger, FloatPieces::convert,
                FloatPieces::control),
        /// Loads and stores, also misaligned ones and those across two pages.
        MEMORY(MemoryPieces::load, MemoryPieces::store, MemoryPieces::fence),
        /// A.
        ATOMIC(MemoryPieces::atomic, MemoryPieces::reserved),
        /// Code that the program writes.
        SELF_MODIFYING(MemoryPieces::selfModifying),
        /// Branches and jumps.
        CONTROL(ControlPieces::branch, ControlPieces::jump, ControlPieces::indirect, ControlPieces::loop),
        /// C.
        COMPRESSED(CompressedPieces::immediate, CompressedPieces::small, CompressedPieces::wide, CompressedPieces::stackPointer,
                CompressedPieces::stack, CompressedPieces::memory, CompressedPieces::control);

        private final List<Kind> kinds;

        Family(Kind... kinds) {
            this.kinds = List.of(kinds);
        }
    }

    /// Writes one piece and says what it is.
    private interface Kind {
        String emit(Emitter out);
    }

    private final List<Family> families;

    /// @param families what to choose from, each as likely as the others
    public ProgramGenerator(Set<Family> families) {
        this.families = families.stream().sorted().toList();
    }

    /// Makes one program.
    ///
    /// @param seed   the same one gives the same program
    /// @param pieces how many random pieces of one to a dozen instructions it has, 1 to 10,000
    /// @param rounds how often it runs through all of them, 1 to 2^31 - 1; only the last round's log is left
    public Program generate(long seed, int pieces, int rounds) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pool = pool(random);
        byte[] data = longs(random, Layout.DATA_BYTES / 8, 0, EdgeValues::integer);
        byte[] state = state(random);
        Emitter out = new Emitter(random);
        long top = prologue(out.code, rounds);
        List<Program.Piece> list = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            long address = out.code.address();
            int log = out.entries();
            Family family = families.get(random.nextInt(families.size()));
            String name = family.kinds.get(random.nextInt(family.kinds.size())).emit(out);
            out.endPiece();
            list.add(new Program.Piece(name, address, log));
        }
        epilogue(out.code, top);
        int logBytes = 8 * out.entries();
        if (logBytes > Layout.LOG_BYTES || out.code.size() > Layout.FINISH - Layout.CODE) {
            throw new IllegalArgumentException("too many pieces: " + pieces);
        }
        return new Program(seed, out.code.toByteArray(), state, pool, data, List.copyOf(list), (int) (Layout.LOG - Layout.STATE)
                + logBytes);
    }

    private interface Source {
        long next(SplittableRandom random);
    }

    private static byte[] longs(SplittableRandom random, int count, int room, Source source) {
        ByteBuffer buffer = ByteBuffer.allocate(count * 8 + room).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            buffer.putLong(source.next(random));
        }
        return buffer.array();
    }

    private static byte[] pool(SplittableRandom random) {
        return longs(random, Layout.PAGE_BYTES / 8, 0, r -> r.nextInt(3) == 0 ? EdgeValues.integer(r) : EdgeValues.register(r));
    }

    private static byte[] state(SplittableRandom random) {
        byte[] registers = longs(random, 64, 8, r -> r.nextInt(2) == 0 ? EdgeValues.integer(r) : EdgeValues.register(r));
        ByteBuffer.wrap(registers).order(ByteOrder.LITTLE_ENDIAN).putLong(64 * 8, random.nextInt(5) << 5 | random.nextInt(32));
        return registers;
    }

    /// Loads all registers; returns where a round begins.
    private static long prologue(Code code, int rounds) {
        code.la(Emitter.GP, Layout.STATE);
        code.ld(1, Emitter.GP, 64 * 8);
        code.csr(1, 0, 0x003, 1);
        for (int i = 0; i < 32; i++) {
            code.fld(i, Emitter.GP, (32 + i) * 8);
            if (i != 0 && i != Emitter.GP) {
                code.ld(i, Emitter.GP, i * 8);
            }
        }
        code.la(Emitter.GP, Layout.POOL + Layout.PAGE_BYTES / 2);
        code.la(Emitter.SP, Layout.DATA + Layout.PAGE_BYTES);
        code.li(Emitter.ROUNDS, rounds);
        long top = code.address();
        code.la(Emitter.TP, Layout.LOG);
        return top;
    }

    /// Ends a round; after the last one, stores all registers and leaves.
    private static void epilogue(Code code, long top) {
        code.addi(Emitter.ROUNDS, Emitter.ROUNDS, -1);
        code.word(Code.b(0, Emitter.ROUNDS, 0, 8));
        code.word(Code.jal(0, Math.toIntExact(top - code.address())));
        code.la(Emitter.GP, Layout.STATE);
        for (int i = 0; i < 32; i++) {
            code.fsd(i, Emitter.GP, (32 + i) * 8);
            code.sd(i, Emitter.GP, i * 8);
        }
        code.csr(2, 1, 0x003, 0);
        code.sd(1, Emitter.GP, 64 * 8);
        code.la(Emitter.GP, Layout.FINISH);
        code.word(Code.i(0x67, 0, 0, Emitter.GP, 0));
    }
}
