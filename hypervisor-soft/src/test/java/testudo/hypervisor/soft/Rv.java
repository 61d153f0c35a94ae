package testudo.hypervisor.soft;

/// Encodes RISC-V instructions: the assembler of the tests. Registers are numbers; immediates are checked for their range.
public final class Rv {
    public static final int ZERO = 0;
    public static final int RA = 1;
    public static final int SP = 2;
    public static final int T0 = 5;
    public static final int T1 = 6;
    public static final int T2 = 7;
    public static final int S0 = 8;
    public static final int S1 = 9;
    public static final int A0 = 10;
    public static final int A1 = 11;
    public static final int A2 = 12;
    public static final int A3 = 13;
    public static final int A4 = 14;
    public static final int A5 = 15;
    public static final int A6 = 16;
    public static final int A7 = 17;

    public static final int ECALL = 0x00000073;
    public static final int EBREAK = 0x00100073;
    public static final int SRET = 0x10200073;
    public static final int WFI = 0x10500073;
    public static final int FENCE = 0x0FF0000F;
    public static final int FENCE_I = 0x0000100F;
    public static final int NOP = 0x00000013;

    private Rv() {}

    /// R-type.
    public static int r(int opcode, int function, int function7, int rd, int rs1, int rs2) {
        return opcode | rd << 7 | function << 12 | rs1 << 15 | rs2 << 20 | function7 << 25;
    }

    /// I-type.
    public static int i(int opcode, int function, int rd, int rs1, int immediate) {
        check(immediate, 12, 1);
        return opcode | rd << 7 | function << 12 | rs1 << 15 | immediate << 20;
    }

    /// S-type.
    public static int s(int opcode, int function, int rs1, int rs2, int immediate) {
        check(immediate, 12, 1);
        return opcode | (immediate & 31) << 7 | function << 12 | rs1 << 15 | rs2 << 20 | immediate >> 5 << 25;
    }

    /// B-type: `offset` from this instruction.
    public static int b(int function, int rs1, int rs2, int offset) {
        check(offset, 13, 2);
        return 0x63 | (offset >> 11 & 1) << 7 | (offset >> 1 & 15) << 8 | function << 12 | rs1 << 15 | rs2 << 20
                | (offset >> 5 & 63) << 25 | (offset >> 12 & 1) << 31;
    }

    /// R4-type: fused multiply and add.
    public static int r4(int opcode, int format, int rm, int rd, int rs1, int rs2, int rs3) {
        return opcode | rd << 7 | rm << 12 | rs1 << 15 | rs2 << 20 | format << 25 | rs3 << 27;
    }

    public static int lui(int rd, int upper20) {
        return 0x37 | rd << 7 | upper20 << 12;
    }

    public static int auipc(int rd, int upper20) {
        return 0x17 | rd << 7 | upper20 << 12;
    }

    public static int jal(int rd, int offset) {
        check(offset, 21, 2);
        return 0x6F | rd << 7 | offset & 0xFF000 | (offset >> 11 & 1) << 20 | (offset >> 1 & 0x3FF) << 21
                | (offset >> 20 & 1) << 31;
    }

    public static int jalr(int rd, int rs1, int offset) {
        return i(0x67, 0, rd, rs1, offset);
    }

    public static int beq(int rs1, int rs2, int offset) {
        return b(0, rs1, rs2, offset);
    }

    public static int bne(int rs1, int rs2, int offset) {
        return b(1, rs1, rs2, offset);
    }

    public static int blt(int rs1, int rs2, int offset) {
        return b(4, rs1, rs2, offset);
    }

    public static int bge(int rs1, int rs2, int offset) {
        return b(5, rs1, rs2, offset);
    }

    public static int bltu(int rs1, int rs2, int offset) {
        return b(6, rs1, rs2, offset);
    }

    public static int lb(int rd, int rs1, int offset) {
        return i(0x03, 0, rd, rs1, offset);
    }

    public static int lh(int rd, int rs1, int offset) {
        return i(0x03, 1, rd, rs1, offset);
    }

    public static int lw(int rd, int rs1, int offset) {
        return i(0x03, 2, rd, rs1, offset);
    }

    public static int ld(int rd, int rs1, int offset) {
        return i(0x03, 3, rd, rs1, offset);
    }

    public static int lbu(int rd, int rs1, int offset) {
        return i(0x03, 4, rd, rs1, offset);
    }

    public static int sb(int rs2, int rs1, int offset) {
        return s(0x23, 0, rs1, rs2, offset);
    }

    public static int sh(int rs2, int rs1, int offset) {
        return s(0x23, 1, rs1, rs2, offset);
    }

    public static int sw(int rs2, int rs1, int offset) {
        return s(0x23, 2, rs1, rs2, offset);
    }

    public static int sd(int rs2, int rs1, int offset) {
        return s(0x23, 3, rs1, rs2, offset);
    }

    public static int addi(int rd, int rs1, int immediate) {
        return i(0x13, 0, rd, rs1, immediate);
    }

    public static int addiw(int rd, int rs1, int immediate) {
        return i(0x1B, 0, rd, rs1, immediate);
    }

    public static int xori(int rd, int rs1, int immediate) {
        return i(0x13, 4, rd, rs1, immediate);
    }

    public static int ori(int rd, int rs1, int immediate) {
        return i(0x13, 6, rd, rs1, immediate);
    }

    public static int andi(int rd, int rs1, int immediate) {
        return i(0x13, 7, rd, rs1, immediate);
    }

    public static int slli(int rd, int rs1, int shift) {
        return i(0x13, 1, rd, rs1, shift);
    }

    public static int srli(int rd, int rs1, int shift) {
        return i(0x13, 5, rd, rs1, shift);
    }

    public static int srai(int rd, int rs1, int shift) {
        return i(0x13, 5, rd, rs1, shift | 0x400);
    }

    public static int li(int rd, int immediate) {
        return addi(rd, ZERO, immediate);
    }

    public static int add(int rd, int rs1, int rs2) {
        return r(0x33, 0, 0, rd, rs1, rs2);
    }

    public static int sub(int rd, int rs1, int rs2) {
        return r(0x33, 0, 0x20, rd, rs1, rs2);
    }

    public static int xor(int rd, int rs1, int rs2) {
        return r(0x33, 4, 0, rd, rs1, rs2);
    }

    public static int mul(int rd, int rs1, int rs2) {
        return r(0x33, 0, 1, rd, rs1, rs2);
    }

    /// An atomic instruction: `operation` is its five highest bits, `width` 2 or 3.
    public static int amo(int operation, int width, int rd, int rs1, int rs2) {
        return r(0x2F, width, operation << 2, rd, rs1, rs2);
    }

    public static int csrrw(int rd, int csr, int rs1) {
        return 0x73 | rd << 7 | 1 << 12 | rs1 << 15 | csr << 20;
    }

    public static int csrrs(int rd, int csr, int rs1) {
        return 0x73 | rd << 7 | 2 << 12 | rs1 << 15 | csr << 20;
    }

    public static int csrrc(int rd, int csr, int rs1) {
        return 0x73 | rd << 7 | 3 << 12 | rs1 << 15 | csr << 20;
    }

    public static int sfenceVma(int rs1, int rs2) {
        return r(0x73, 0, 0x09, 0, rs1, rs2);
    }

    private static void check(int value, int bits, int alignment) {
        int limit = 1 << (bits - 1);
        if (value < -limit || value >= limit || value % alignment != 0) {
            throw new IllegalArgumentException("immediate " + value);
        }
    }
}
