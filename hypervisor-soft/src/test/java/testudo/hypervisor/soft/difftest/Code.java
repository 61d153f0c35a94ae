package testudo.hypervisor.soft.difftest;

import java.util.Arrays;

/// Machine code that grows: halfwords and words at consecutive addresses.
final class Code {
    private final long base;
    private byte[] bytes = new byte[4096];
    private int size;

    Code(long base) {
        this.base = base;
    }

    long address() {
        return base + size;
    }

    int size() {
        return size;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    void half(int instruction) {
        if (size + 2 > bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        bytes[size++] = (byte) instruction;
        bytes[size++] = (byte) (instruction >> 8);
    }

    void word(int instruction) {
        half(instruction);
        half(instruction >>> 16);
    }

    static int r(int opcode, int funct7, int funct3, int rd, int rs1, int rs2) {
        return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    static int i(int opcode, int funct3, int rd, int rs1, int immediate) {
        return immediate << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    static int s(int opcode, int funct3, int rs1, int rs2, int immediate) {
        return (immediate >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (immediate & 0x1F) << 7 | opcode;
    }

    static int b(int funct3, int rs1, int rs2, int offset) {
        return (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (offset >> 1 & 0xF) << 8
                | (offset >> 11 & 1) << 7
                | 0x63;
    }

    static int jal(int rd, int offset) {
        return (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20 | (offset >> 12 & 0xFF) << 12 | rd << 7
                | 0x6F;
    }

    void addi(int rd, int rs1, int immediate) {
        word(i(0x13, 0, rd, rs1, immediate));
    }

    void ld(int rd, int rs1, int offset) {
        word(i(0x03, 3, rd, rs1, offset));
    }

    void sd(int rs2, int rs1, int offset) {
        word(s(0x23, 3, rs1, rs2, offset));
    }

    void fld(int fd, int rs1, int offset) {
        word(i(0x07, 3, fd, rs1, offset));
    }

    void fsd(int fs2, int rs1, int offset) {
        word(s(0x27, 3, rs1, fs2, offset));
    }

    /// Loads an address up to 2 GiB away.
    void la(int rd, long target) {
        int distance = Math.toIntExact(target - address());
        word((distance + 0x800 & 0xFFFF_F000) | rd << 7 | 0x17);
        addi(rd, rd, distance << 20 >> 20);
    }

    /// Loads a 32-bit constant, sign-extended.
    void li(int rd, int value) {
        word((value + 0x800 & 0xFFFF_F000) | rd << 7 | 0x37);
        word(i(0x1B, 0, rd, rd, value << 20 >> 20));
    }

    /// `csrrw`, `csrrs` or `csrrc` by `funct3` 1 to 3.
    void csr(int funct3, int rd, int csr, int rs1) {
        word(i(0x73, funct3, rd, rs1, csr));
    }

    /// Loads any 64-bit constant.
    void li64(int rd, long value) {
        if (value == (int) value) {
            li(rd, (int) value);
            return;
        }
        int low = (int) (value << 52 >> 52);
        li64(rd, value - low >> 12);
        word(i(0x13, 1, rd, rd, 12));
        addi(rd, rd, low);
    }

    /// `csrrsi` with the destination x0.
    void setBits(int csr, int bits) {
        word(i(0x73, 6, 0, bits, csr));
    }
}
