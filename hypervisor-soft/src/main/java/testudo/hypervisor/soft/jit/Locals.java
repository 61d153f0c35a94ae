package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.util.Arrays;

/// The local variables of a translated region.
///
/// Guest registers that the region names are locals, loaded at its start. What an instruction computes is in its local alone until
/// [#sync] stores it: in front of everything that may trap, and at the end of each block. So the hart is up to date wherever the region
/// can be left, and no way out has registers to store, of which there would be one for each load and store.
final class Locals {
    // Parameters: 0 is the translation itself.
    static final int HART = 1;
    static final int ENTRY = 2;
    static final int BASE = 3;
    static final int BUDGET = 5;
    static final int PC = 6;
    static final int REASON = 8;
    static final int MMU = 9;
    static final int RAM = 10;
    static final int TLB = 11;
    private static final int INTEGERS = 12;
    private static final int FLOATS = 13;
    private static final int FIRST = 14;
    /// The machine's RAM, which does not change: it is the data of the class, and so a constant for the compiler.
    private static final DynamicConstantDesc<?> RAM_CONSTANT = DynamicConstantDesc.ofNamed(
            ConstantDescs.BSM_CLASS_DATA, ConstantDescs.DEFAULT_NAME, HartFields.RAM);

    private final int[] integer = new int[32];
    private final int[] floating = new int[32];
    /// Bit sets of the registers whose locals are newer than the hart's.
    private int newIntegers;
    private int newFloats;
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

    void usesFloating(int register) {
        if (floating[register] == 0) {
            floating[register] = next;
            next += 2;
        }
    }

    void load(CodeBuilder code) {
        load(code, integer, "x", INTEGERS);
        load(code, floating, "f", FLOATS);
        code.aload(HART).getfield(HartFields.HART, "mmu", HartFields.MMU).astore(MMU);
        code.loadConstant(RAM_CONSTANT).astore(RAM);
        HartFields.tlb(code);
        code.loadConstant(0L).lstore(PC).loadConstant(0).istore(REASON);
    }

    /// From the highest register down: one look at the array's length does for all.
    private static void load(CodeBuilder code, int[] slots, String field, int array) {
        if (Arrays.stream(slots).allMatch(slot -> slot == 0)) {
            return;
        }
        code.aload(HART).getfield(HartFields.HART, field, HartFields.LONGS).astore(array);
        for (int register = slots.length - 1; register >= 0; register--) {
            if (slots[register] != 0) {
                code.aload(array).loadConstant(register).laload().lstore(slots[register]);
            }
        }
    }

    /// Stores what has been computed since the last time.
    void sync(CodeBuilder code) {
        sync(code, newIntegers, integer, INTEGERS);
        sync(code, newFloats, floating, FLOATS);
        newIntegers = 0;
        newFloats = 0;
    }

    private static void sync(CodeBuilder code, int registers, int[] slots, int array) {
        for (int left = registers; left != 0; left &= left - 1) {
            int register = Integer.numberOfTrailingZeros(left);
            code.aload(array).loadConstant(register).lload(slots[register]).lastore();
        }
    }

    /// Fetches a register that somebody else has written.
    void reload(CodeBuilder code, int register) {
        code.aload(HART).getfield(HartFields.HART, "x", HartFields.LONGS).loadConstant(register);
        if (register == 0) {
            code.lconst_0().lastore();
        } else {
            code.laload().lstore(integer[register]);
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
            newIntegers |= 1 << register;
        }
    }

    void getFloating(CodeBuilder code, int register) {
        code.lload(floating[register]);
    }

    void setFloating(CodeBuilder code, int register) {
        code.lstore(floating[register]);
        newFloats |= 1 << register;
    }

    /// Pushes the guest address of an offset.
    void address(CodeBuilder code, int offset) {
        code.lload(BASE);
        if (offset != 0) {
            code.loadConstant((long) offset).ladd();
        }
    }
}
