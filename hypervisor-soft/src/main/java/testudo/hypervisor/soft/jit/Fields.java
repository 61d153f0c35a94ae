package testudo.hypervisor.soft.jit;

/// The fields of a 32-bit RISC-V instruction (RISC-V ISA volume I, "Base Instruction Formats").
final class Fields {
    private Fields() {}

    static int opcode(int instruction) {
        return instruction & 0x7F;
    }

    static int rd(int instruction) {
        return instruction >>> 7 & 31;
    }

    static int rs1(int instruction) {
        return instruction >>> 15 & 31;
    }

    static int rs2(int instruction) {
        return instruction >>> 20 & 31;
    }

    static int rs3(int instruction) {
        return instruction >>> 27;
    }

    static int funct3(int instruction) {
        return instruction >>> 12 & 7;
    }

    static int funct7(int instruction) {
        return instruction >>> 25;
    }

    static int immediateI(int instruction) {
        return instruction >> 20;
    }

    static int immediateS(int instruction) {
        return instruction >> 25 << 5 | rd(instruction);
    }

    static int immediateU(int instruction) {
        return instruction & 0xFFFF_F000;
    }

    static int immediateB(int instruction) {
        return instruction >> 31 << 12 | (instruction >>> 7 & 1) << 11 | (instruction >>> 25 & 0x3F) << 5
                | (instruction >>> 8 & 0xF) << 1;
    }

    static int immediateJ(int instruction) {
        return instruction >> 31 << 20 | (instruction >>> 12 & 0xFF) << 12 | (instruction >>> 20 & 1) << 11
                | (instruction >>> 21 & 0x3FF) << 1;
    }
}
