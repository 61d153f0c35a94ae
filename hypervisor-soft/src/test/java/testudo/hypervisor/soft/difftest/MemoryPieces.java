package testudo.hypervisor.soft.difftest;

/// Loads and stores of every width at every alignment, across the border of two pages; atomics; instructions written by the program.
final class MemoryPieces {
    private MemoryPieces() {}

    /// Sets a register to an address in the data area from which every 12-bit offset below 1024 stays inside.
    private static int base(Emitter out) {
        int register;
        do {
            register = out.destination();
        } while (register == 0);
        out.code.addi(register, Emitter.SP, out.oneIn(2) ? out.random.nextInt(-16, 16) : out.random.nextInt(-1000, 1000));
        return register;
    }

    private static int offset(Emitter out) {
        return out.oneIn(2) ? out.random.nextInt(-16, 17) : out.random.nextInt(-1024, 1024);
    }

    static String load(Emitter out) {
        int base = base(out);
        int offset = offset(out);
        if (out.oneIn(4)) {
            int fd = out.any();
            out.code.word(Code.i(0x07, out.pick(2, 3), fd, base, offset));
            out.logFloat(fd);
            return "float load";
        }
        int rd = out.destination();
        out.code.word(Code.i(0x03, out.random.nextInt(7), rd, base, offset));
        out.log(rd);
        return "load";
    }

    static String store(Emitter out) {
        int value = out.operand();
        int base = base(out);
        int offset = offset(out);
        if (out.oneIn(4)) {
            out.code.word(Code.s(0x27, out.pick(2, 3), base, out.floatOperand(), offset));
        } else {
            out.code.word(Code.s(0x23, out.random.nextInt(4), base, value, offset));
        }
        // What the store left there and around.
        out.code.word(Code.i(0x03, 3, Emitter.TEMPORARY, base, offset));
        out.log(Emitter.TEMPORARY);
        return "store";
    }

    static String atomic(Emitter out) {
        int width = out.pick(2, 3);
        int value = out.operand();
        int base = aligned(out);
        int rd = out.destination();
        int funct5 = out.pick(0x00, 0x01, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C);
        out.code.word(Code.r(0x2F, funct5 << 2 | out.random.nextInt(4), width, rd, base, value));
        out.log(rd);
        return "amo " + Integer.toHexString(funct5);
    }

    private static int aligned(Emitter out) {
        int base;
        do {
            base = out.destination();
        } while (base == 0);
        out.code.addi(base, Emitter.SP, 8 * out.random.nextInt(-200, 200));
        return base;
    }

    /// A reservation and its conditional store; one without; and one that the first of two has used up.
    static String reserved(Emitter out) {
        int width = out.pick(2, 3);
        int value = out.operand();
        int base = aligned(out);
        int ordering = out.random.nextInt(4);
        int rd = out.destination();
        boolean reserve = !out.oneIn(5);
        if (reserve) {
            out.code.word(Code.r(0x2F, 0x02 << 2 | ordering, width, Emitter.TEMPORARY, base, 0));
            out.log(Emitter.TEMPORARY);
        } else {
            // A reservation that an earlier piece left is used up here: its result is not logged.
            out.code.word(Code.r(0x2F, 0x03 << 2, 3, 0, Emitter.SP, 0));
        }
        out.code.word(Code.r(0x2F, 0x03 << 2 | ordering, width, Emitter.TEMPORARY, base, value));
        out.log(Emitter.TEMPORARY);
        if (out.oneIn(3)) {
            out.code.word(Code.r(0x2F, 0x03 << 2, width, Emitter.TEMPORARY, base, value));
            out.log(Emitter.TEMPORARY);
        }
        out.code.word(Code.i(0x03, 3, rd, base, 0));
        out.log(rd);
        return "lr/sc";
    }

    /// Writes an instruction over one that is about to run.
    static String selfModifying(Emitter out) {
        int rd = out.destination();
        int instruction = Code.i(0x13, out.pick(0, 4, 6, 7), rd, out.any(), out.immediate());
        Code code = out.code;
        code.li(Emitter.TEMPORARY, instruction);
        int base;
        do {
            base = out.destination();
        } while (base == 0);
        int distance = 12;
        code.word(0x17 | base << 7);
        code.word(Code.s(0x23, 2, base, Emitter.TEMPORARY, distance));
        code.word(Code.i(0x0F, 1, 0, 0, 0));
        // Another iteration finds what the one before wrote.
        code.addi(rd, 0, 42);
        out.log(rd);
        return "self-modifying";
    }

    static String fence(Emitter out) {
        out.code.word(out.pick(0x0FF0_000F, 0x8330_000F, 0x0330_000F, 0x0110_000F, 0x0100_000F, 0x0000_100F));
        return "fence";
    }
}
