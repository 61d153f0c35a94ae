package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ConstantDescs;
import java.util.Arrays;

/// The local variables of a translated region.
final class Locals {
    // Parameters: 0 is the translation itself.
    static final int HART = 1;
    static final int ENTRY = 2;
    static final int BASE = 3;
    static final int BUDGET = 5;
    /// Offset of the instruction that may fault, shifted left by 8, and how many instructions from it on the block still counts.
    static final int AT = 6;
    static final int PC = 7;
    static final int REASON = 9;
    static final int THROWN = 10;
    static final int MMU = 11;
    private static final int ARRAY = 12;
    private static final int FIRST = 13;

    private final int[] integer = new int[32];
    private final int[] floating = new int[32];
    private final boolean[] integerWritten = new boolean[32];
    private final boolean[] floatingWritten = new boolean[32];
    private int next = FIRST;

    private Locals() {}

    static Locals of(Region region) {
        Locals locals = new Locals();
        for (Block block : region.blocks().values()) {
            for (int i = 0; i < block.count; i++) {
                Operation.registers(block.instructions[i], locals);
            }
        }
        return locals;
    }

    void usesInteger(int register) {
        if (register != 0 && integer[register] == 0) {
            integer[register] = next;
            next += 2;
        }
    }

    void writesInteger(int register) {
        usesInteger(register);
        integerWritten[register] = register != 0;
    }

    void usesFloating(int register) {
        if (floating[register] == 0) {
            floating[register] = next;
            next += 2;
        }
    }

    void writesFloating(int register) {
        usesFloating(register);
        floatingWritten[register] = true;
    }

    void load(CodeBuilder code) {
        load(code, integer, "x");
        load(code, floating, "f");
        code.aload(HART).getfield(HartFields.HART, "mmu", HartFields.MMU).astore(MMU);
        code.loadConstant(0).istore(AT).loadConstant(0L).lstore(PC).loadConstant(0).istore(REASON).aconst_null().astore(THROWN);
    }

    private static void load(CodeBuilder code, int[] slots, String array) {
        if (Arrays.stream(slots).allMatch(slot -> slot == 0)) {
            return;
        }
        code.aload(HART).getfield(HartFields.HART, array, ConstantDescs.CD_long.arrayType()).astore(ARRAY);
        for (int register = 0; register < 32; register++) {
            if (slots[register] != 0) {
                code.aload(ARRAY).loadConstant(register).laload().lstore(slots[register]);
            }
        }
    }

    void store(CodeBuilder code) {
        store(code, integer, integerWritten, "x");
        store(code, floating, floatingWritten, "f");
        code.aload(HART).lload(PC).putfield(HartFields.HART, "pc", ConstantDescs.CD_long);
        code.aload(HART).iload(BUDGET).putfield(HartFields.HART, "budget", ConstantDescs.CD_int);
    }

    private static void store(CodeBuilder code, int[] slots, boolean[] written, String array) {
        code.aload(HART).getfield(HartFields.HART, array, ConstantDescs.CD_long.arrayType()).astore(ARRAY);
        for (int register = 0; register < 32; register++) {
            if (written[register]) {
                code.aload(ARRAY).loadConstant(register).lload(slots[register]).lastore();
            }
        }
    }

    /// Pushes an integer register.
    void get(CodeBuilder code, int register) {
        if (register == 0) {
            code.lconst_0();
        } else {
            code.lload(integer[register]);
        }
    }

    /// Pops into an integer register.
    void set(CodeBuilder code, int register) {
        if (register == 0) {
            code.pop2();
        } else {
            code.lstore(integer[register]);
        }
    }

    void getFloating(CodeBuilder code, int register) {
        code.lload(floating[register]);
    }

    void setFloating(CodeBuilder code, int register) {
        code.lstore(floating[register]);
    }

    /// Pushes the guest address of an offset.
    void address(CodeBuilder code, int offset) {
        code.lload(BASE);
        if (offset != 0) {
            code.loadConstant((long) offset).ladd();
        }
    }
}
