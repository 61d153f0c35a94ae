package testudo.hypervisor.soft.difftest;

/// The 16-bit instructions of RV64C with D, as encodings of their own.
final class CompressedPieces {
    private CompressedPieces() {}

    private static int field(int value, int from, int width, int to) {
        return (value >> from & (1 << width) - 1) << to;
    }

    private static int nonzero(Emitter out) {
        int register;
        do {
            register = out.destination();
        } while (register == 0);
        return register;
    }

    /// `c.addi`, `c.addiw`, `c.li`, `c.lui`.
    static String immediate(Emitter out) {
        int rd = nonzero(out);
        int value;
        do {
            value = out.random.nextInt(64);
        } while (value == 0);
        int funct3 = out.random.nextInt(4);
        out.code.half(funct3 << 13 | field(value, 5, 1, 12) | rd << 7 | field(value, 0, 5, 2) | 1);
        out.log(rd);
        return "c.imm " + funct3;
    }

    /// `c.srli`, `c.srai`, `c.andi`, `c.sub`, `c.xor`, `c.or`, `c.and`, `c.subw`, `c.addw`.
    static String small(Emitter out) {
        int rd = out.small();
        int kind = out.random.nextInt(4);
        if (kind < 3) {
            int value = out.random.nextInt(1, 64);
            out.code.half(4 << 13 | field(value, 5, 1, 12) | kind << 10 | rd << 7 | field(value, 0, 5, 2) | 1);
        } else {
            int wide = out.random.nextInt(2);
            out.code.half(4 << 13 | wide << 12 | 3 << 10 | rd << 7 | out.random.nextInt(wide == 1 ? 2 : 4) << 5 | out.small() << 2 | 1);
        }
        out.log(rd + 8);
        return "c.small";
    }

    /// `c.slli`, `c.mv`, `c.add`.
    static String wide(Emitter out) {
        int rd = nonzero(out);
        if (out.oneIn(3)) {
            int value = out.random.nextInt(1, 64);
            out.code.half(field(value, 5, 1, 12) | rd << 7 | field(value, 0, 5, 2) | 2);
        } else {
            out.code.half(4 << 13 | out.random.nextInt(2) << 12 | rd << 7 | out.random.nextInt(1, 32) << 2 | 2);
        }
        out.log(rd);
        return "c.wide";
    }

    /// `c.addi4spn`, and `c.addi16sp` there and back.
    static String stackPointer(Emitter out) {
        if (out.oneIn(2)) {
            int value = out.random.nextInt(1, 256) << 2;
            int rd = out.small();
            out.code.half(field(value, 4, 2, 11) | field(value, 6, 4, 7) | field(value, 2, 1, 6) | field(value, 3, 1, 5) | rd << 2);
            out.log(rd + 8);
            return "c.addi4spn";
        }
        int value = out.random.nextInt(1, 32) * 16;
        addStackPointer(out, value);
        out.log(Emitter.SP);
        addStackPointer(out, -value);
        out.log(Emitter.SP);
        return "c.addi16sp";
    }

    private static void addStackPointer(Emitter out, int value) {
        out.code.half(3 << 13 | field(value, 9, 1, 12) | 2 << 7 | field(value, 4, 1, 6) | field(value, 6, 1, 5) | field(value, 7, 2, 3)
                | field(value, 5, 1, 2) | 1);
    }

    /// `c.lwsp`, `c.ldsp`, `c.fldsp`, `c.swsp`, `c.sdsp`, `c.fsdsp`.
    static String stack(Emitter out) {
        int words = out.random.nextInt(64);
        int longs = words * 8;
        words *= 4;
        int load = field(words, 5, 1, 12) | field(words, 2, 3, 4) | field(words, 6, 2, 2);
        int loadLong = field(longs, 5, 1, 12) | field(longs, 3, 2, 5) | field(longs, 6, 3, 2);
        int rd = nonzero(out);
        switch (out.random.nextInt(6)) {
            case 0 -> out.code.half(2 << 13 | load | rd << 7 | 2);
            case 1 -> out.code.half(3 << 13 | loadLong | rd << 7 | 2);
            case 2 -> {
                int fd = out.any();
                out.code.half(1 << 13 | loadLong | fd << 7 | 2);
                out.logFloat(fd);
            }
            case 3 -> out.code.half(6 << 13 | field(words, 2, 4, 9) | field(words, 6, 2, 7) | out.operand() << 2 | 2);
            case 4 -> out.code.half(7 << 13 | field(longs, 3, 3, 10) | field(longs, 6, 3, 7) | out.operand() << 2 | 2);
            default -> out.code.half(5 << 13 | field(longs, 3, 3, 10) | field(longs, 6, 3, 7) | out.floatOperand() << 2 | 2);
        }
        out.log(rd);
        return "c.stack";
    }

    /// `c.lw`, `c.ld`, `c.fld`, `c.sw`, `c.sd`, `c.fsd`, also misaligned.
    static String memory(Emitter out) {
        int base = out.small();
        out.code.addi(base + 8, Emitter.SP, out.random.nextInt(-300, 40));
        int offset = out.random.nextInt(32);
        int longs = field(offset * 8, 3, 3, 10) | field(offset * 8, 6, 2, 5);
        int words = field(offset * 4, 3, 3, 10) | field(offset * 4, 2, 1, 6) | field(offset * 4, 6, 1, 5);
        int rd = out.small();
        int funct3 = out.pick(1, 2, 3, 5, 6, 7);
        boolean word = funct3 == 2 || funct3 == 6;
        out.code.half(funct3 << 13 | (word ? words : longs) | base << 7 | rd << 2);
        if (funct3 == 1) {
            out.logFloat(rd + 8);
        } else {
            out.log(rd + 8);
        }
        return "c.memory " + funct3;
    }

    /// `c.j`, `c.beqz`, `c.bnez`, `c.jr`, `c.jalr`: over one halfword.
    static String control(Emitter out) {
        int victim = nonzero(out);
        int four = field(4, 3, 2, 10) | field(4, 6, 2, 5) | field(4, 1, 2, 3) | field(4, 5, 1, 2);
        String name;
        switch (out.random.nextInt(4)) {
            case 0 -> {
                name = "c.j";
                out.code.half(5 << 13 | field(4, 1, 3, 3) | 1);
            }
            case 1, 2 -> {
                name = "c.beqz/c.bnez";
                out.code.half(out.pick(6, 7) << 13 | out.small() << 7 | four | 1);
            }
            default -> {
                name = "c.jr/c.jalr";
                int target = Emitter.TEMPORARY;
                out.code.word(0x17 | target << 7);
                out.code.addi(target, target, 12);
                out.code.half(4 << 13 | out.random.nextInt(2) << 12 | target << 7 | 2);
            }
        }
        // What may be skipped: c.addi victim, 5
        out.code.half(victim << 7 | 5 << 2 | 1);
        out.log(victim);
        out.log(1);
        return name;
    }
}
