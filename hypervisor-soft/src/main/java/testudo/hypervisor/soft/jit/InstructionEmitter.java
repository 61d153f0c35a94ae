package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

import testudo.hypervisor.soft.fp.Float32;
import testudo.hypervisor.soft.mmu.CalledPath;
import testudo.hypervisor.soft.mmu.FastPath;

/// Writes the instructions that do not change the flow of control.
final class InstructionEmitter {
    private static final ClassDesc INLINED = FastPath.class.describeConstable().orElseThrow();
    private static final ClassDesc CALLED = CalledPath.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc LOAD = MethodTypeDesc.of(
            ConstantDescs.CD_long, HartFields.RAM, HartFields.LONGS, HartFields.MMU, ConstantDescs.CD_long);
    private static final MethodTypeDesc STORE = LOAD.changeReturnType(ConstantDescs.CD_void)
            .insertParameterTypes(LOAD.parameterCount(), ConstantDescs.CD_long);
    private static final ClassDesc VAR_HANDLE = ConstantDescs.CD_VarHandle;
    private static final ClassDesc THREAD = ClassDesc.of("java.lang.Thread");
    private static final ClassDesc FLOAT_32 = Float32.class.describeConstable().orElseThrow();
    private static final ClassDesc CONTROL = ControlOperation.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc FLOATS_USABLE = MethodTypeDesc.of(
            ConstantDescs.CD_boolean,
            HartFields.HART,
            ConstantDescs.CD_boolean);
    private static final int PAUSE = 0x0100000F;
    private static final int READS = 0b1010;
    private static final int WRITES = 0b0101;

    private final CodeBuilder code;
    private final Locals locals;
    /// Whose methods access memory.
    private final ClassDesc memory;

    InstructionEmitter(CodeBuilder code, Locals locals, boolean isHot) {
        this.code = code;
        this.locals = locals;
        this.memory = isHot ? INLINED : CALLED;
    }

    /// Starts a block: one that uses f registers leaves the region when they may not be used now.
    void start(Block block, Runnable leave) {
        boolean uses = false;
        boolean writes = false;
        for (int i = 0; i < block.count; i++) {
            boolean isFloat = Operation.isFloat(block.instructions[i]);
            uses |= isFloat;
            writes |= isFloat && Fields.opcode(block.instructions[i]) != Operation.STORE_FP;
        }
        if (uses) {
            Label usable = code.newLabel();
            code.aload(Locals.HART).loadConstant(writes ? 1 : 0).invokestatic(CONTROL, "floatsUsable", FLOATS_USABLE).ifne(usable);
            leave.run();
            code.labelBinding(usable);
        }
    }

    void emit(Block block, int index) {
        int instruction = block.instructions[index];
        int rd = Fields.rd(instruction);
        switch (Fields.opcode(instruction)) {
            case Operation.LUI -> {
                code.loadConstant((long) Fields.immediateU(instruction));
                locals.set(code, rd);
            }
            case Operation.AUIPC -> {
                code.lload(Locals.BASE).loadConstant((long) block.offsets[index] + Fields.immediateU(instruction)).ladd();
                locals.set(code, rd);
            }
            case Operation.OP_IMM, Operation.OP_IMM_32 -> immediate(instruction);
            case Operation.OP, Operation.OP_32 -> registers(instruction);
            case Operation.LOAD, Operation.LOAD_FP -> load(block, index);
            case Operation.STORE, Operation.STORE_FP -> store(block, index);
            case Operation.MISC_MEM -> {
                if (Fields.funct3(instruction) == Operation.CACHE_BLOCK) {
                    at(block, index);
                    ControlOperation.emitCacheBlock(code, instruction);
                } else {
                    fence(instruction);
                }
            }
            case Operation.AMO -> {
                at(block, index);
                ControlOperation.emitAtomic(code, locals, instruction);
            }
            case Operation.SYSTEM -> {
                at(block, index);
                ControlOperation.emitSystem(code, locals, instruction);
            }
            default -> floating(instruction);
        }
    }

    /// An instruction that may trap: everything before it is in the hart, and which one it is.
    private void at(Block block, int index) {
        locals.sync(code);
        code.aload(Locals.HART).loadConstant(block.offsets[index] << 8 | block.count - index);
        code.putfield(HartFields.HART, "trapping", ConstantDescs.CD_int);
    }

    private void immediate(int instruction) {
        IntegerOperation operation = operation(instruction);
        locals.get(code, Fields.rs1(instruction));
        if (!operation.unary) {
            int immediate = Fields.immediateI(instruction);
            if (operation != IntegerOperation.ADD || immediate != 0) {
                code.loadConstant((long) immediate);
                operation.emit(code);
            }
        } else {
            operation.emit(code);
        }
        locals.set(code, Fields.rd(instruction));
    }

    private void registers(int instruction) {
        IntegerOperation operation = operation(instruction);
        locals.get(code, Fields.rs1(instruction));
        if (!operation.unary) {
            locals.get(code, Fields.rs2(instruction));
        }
        operation.emit(code);
        locals.set(code, Fields.rd(instruction));
    }

    private static IntegerOperation operation(int instruction) {
        IntegerOperation operation = IntegerOperation.of(instruction);
        if (operation == null) {
            throw new IllegalStateException("not translatable: " + Integer.toHexString(instruction));
        }
        return operation;
    }

    private void address(int instruction, int immediate) {
        code.aload(Locals.RAM).aload(Locals.TLB).aload(Locals.MMU);
        locals.get(code, Fields.rs1(instruction));
        if (immediate != 0) {
            code.loadConstant((long) immediate).ladd();
        }
    }

    private void load(Block block, int index) {
        int instruction = block.instructions[index];
        int width = Fields.funct3(instruction);
        at(block, index);
        address(instruction, Fields.immediateI(instruction));
        code.invokestatic(memory, switch (width & 3) {
            case 0 -> "loadByte";
            case 1 -> "loadShort";
            case 2 -> "loadInt";
            default -> "loadLong";
        }, LOAD);
        if (Fields.opcode(instruction) == Operation.LOAD_FP) {
            if (width == 2) {
                code.l2i().invokestatic(FLOAT_32, "box", MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_int));
            }
            locals.setFloating(code, Fields.rd(instruction));
            return;
        }
        if (width >= 4) {
            code.loadConstant((1L << (8 << (width & 3))) - 1).land();
        }
        locals.set(code, Fields.rd(instruction));
    }

    private void store(Block block, int index) {
        int instruction = block.instructions[index];
        at(block, index);
        address(instruction, Fields.immediateS(instruction));
        if (Fields.opcode(instruction) == Operation.STORE_FP) {
            locals.getFloating(code, Fields.rs2(instruction));
        } else {
            locals.get(code, Fields.rs2(instruction));
        }
        code.invokestatic(memory, switch (Fields.funct3(instruction)) {
            case 0 -> "storeByte";
            case 1 -> "storeShort";
            case 2 -> "storeInt";
            default -> "storeLong";
        }, STORE);
    }

    /// Devices are memory as much as RAM is: their accesses are calls on this thread, in order.
    private void fence(int instruction) {
        if (instruction == PAUSE) {
            code.invokestatic(THREAD, "onSpinWait", ConstantDescs.MTD_void);
            return;
        }
        int before = instruction >>> 24 & 0xF;
        int after = instruction >>> 20 & 0xF;
        boolean total = instruction >>> 28 != 0b1000;
        if (total && (before & WRITES) != 0 && (after & READS) != 0) {
            code.invokestatic(VAR_HANDLE, "fullFence", ConstantDescs.MTD_void);
            return;
        }
        code.invokestatic(VAR_HANDLE, "acquireFence", ConstantDescs.MTD_void);
        code.invokestatic(VAR_HANDLE, "releaseFence", ConstantDescs.MTD_void);
    }

    private void floating(int instruction) {
        FloatOperation operation = FloatOperation.of(instruction);
        if (operation == null) {
            throw new IllegalStateException("not translatable: " + Integer.toHexString(instruction));
        }
        operation.emit(code, locals, instruction);
    }
}
