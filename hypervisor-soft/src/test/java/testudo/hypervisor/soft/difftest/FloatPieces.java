package testudo.hypervisor.soft.difftest;

/// F and D: arithmetic with every rounding mode, comparisons, conversions, moves; with the flags of each.
final class FloatPieces {
    private record Operation(String name, int funct5, int rs2, int funct3) {}

    private static final int ANY = -1;
    private static final int ROUNDED = -2;
    private static final Operation[] ARITHMETIC = {new Operation("fadd", 0x00, ANY, ROUNDED), new Operation("fsub", 0x01, ANY, ROUNDED),
            new Operation("fmul", 0x02, ANY, ROUNDED), new Operation("fdiv", 0x03, ANY, ROUNDED), new Operation("fsqrt", 0x0B, 0, ROUNDED),
            new Operation("fsgnj", 0x04, ANY, 0), new Operation("fsgnjn", 0x04, ANY, 1), new Operation("fsgnjx", 0x04, ANY, 2),
            new Operation("fmin", 0x05, ANY, 0), new Operation("fmax", 0x05, ANY, 1)};
    private static final Operation[] TO_INTEGER = {new Operation("fle", 0x14, ANY, 0), new Operation("flt", 0x14, ANY, 1), new Operation(
            "feq", 0x14, ANY, 2),
            new Operation("fclass", 0x1C, 0, 1), new Operation("fmv.x", 0x1C, 0, 0), new Operation("fcvt.w", 0x18, 0, ROUNDED),
            new Operation("fcvt.wu", 0x18, 1, ROUNDED), new Operation("fcvt.l", 0x18, 2, ROUNDED), new Operation("fcvt.lu", 0x18, 3,
                    ROUNDED)};
    private static final Operation[] FROM_INTEGER = {new Operation("fcvt.f.w", 0x1A, 0, ROUNDED), new Operation("fcvt.f.wu", 0x1A, 1,
            ROUNDED),
            new Operation("fcvt.f.l", 0x1A, 2, ROUNDED), new Operation("fcvt.f.lu", 0x1A, 3, ROUNDED), new Operation("fmv.f.x", 0x1E, 0,
                    0)};

    private FloatPieces() {}

    private static int mode(Emitter out) {
        if (out.oneIn(3)) {
            // Dynamic, with frm set now or earlier.
            if (out.oneIn(2)) {
                out.code.word(Code.i(0x73, 5, 0, out.random.nextInt(5), 0x002));
            }
            return 7;
        }
        return out.oneIn(2) ? 0 : out.random.nextInt(5);
    }

    private static int funct3(Emitter out, Operation operation) {
        return operation.funct3 == ROUNDED ? mode(out) : operation.funct3;
    }

    static String arithmetic(Emitter out) {
        Operation operation = out.pick(ARITHMETIC);
        int format = out.random.nextInt(2);
        int a = out.floatOperand();
        int b = operation.rs2 == ANY ? out.floatOperand() : operation.rs2;
        int fd = out.any();
        out.code.word(Code.r(0x53, operation.funct5 << 2 | format, funct3(out, operation), fd, a, b));
        out.logFloat(fd);
        out.logFlags();
        return name(operation, format);
    }

    static String fused(Emitter out) {
        int opcode = out.pick(0x43, 0x47, 0x4B, 0x4F);
        int format = out.random.nextInt(2);
        int a = out.floatOperand();
        int b = out.floatOperand();
        int c = out.floatOperand();
        int fd = out.any();
        out.code.word(Code.r(opcode, c << 2 | format, mode(out), fd, a, b));
        out.logFloat(fd);
        out.logFlags();
        return "fused " + (format == 0 ? ".s" : ".d");
    }

    static String toInteger(Emitter out) {
        Operation operation = out.pick(TO_INTEGER);
        int format = out.random.nextInt(2);
        int a = out.floatOperand();
        int b = operation.rs2 == ANY ? out.floatOperand() : operation.rs2;
        int rd = out.destination();
        out.code.word(Code.r(0x53, operation.funct5 << 2 | format, funct3(out, operation), rd, a, b));
        out.log(rd);
        out.logFlags();
        return name(operation, format);
    }

    static String fromInteger(Emitter out) {
        Operation operation = out.pick(FROM_INTEGER);
        int format = out.random.nextInt(2);
        int a = out.operand();
        int fd = out.any();
        out.code.word(Code.r(0x53, operation.funct5 << 2 | format, funct3(out, operation), fd, a, operation.rs2));
        out.logFloat(fd);
        out.logFlags();
        return name(operation, format);
    }

    static String convert(Emitter out) {
        int format = out.random.nextInt(2);
        int fd = out.any();
        int a = out.floatOperand();
        out.code.word(Code.r(0x53, 0x20 | format, mode(out), fd, a, 1 - format));
        out.logFloat(fd);
        out.logFlags();
        return format == 0 ? "fcvt.s.d" : "fcvt.d.s";
    }

    /// Reads, writes, sets and clears fcsr, frm and fflags, by register and by immediate.
    static String control(Emitter out) {
        int csr = out.pick(1, 2, 3);
        int funct3 = out.pick(1, 2, 3, 5, 6, 7);
        int rd = out.destination();
        // A reserved mode would make later dynamic ones illegal; so only flags are set at random.
        int source;
        if (csr == 1) {
            source = funct3 < 4 ? out.operand() : out.any();
        } else {
            source = 0;
        }
        out.code.word(Code.i(0x73, funct3, rd, source, csr));
        out.log(rd);
        out.logFlags();
        return "csr";
    }

    private static String name(Operation operation, int format) {
        return operation.name + (format == 0 ? ".s" : ".d");
    }
}
