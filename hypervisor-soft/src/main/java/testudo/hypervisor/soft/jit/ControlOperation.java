package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

import testudo.hypervisor.soft.cpu.AtomicOperations;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.SystemOperations;

/// Instructions that translated code leaves to the interpreter's functions without leaving the region: atomics, cache blocks, and those
/// accesses to control and status registers that neither depend on the number of retired instructions nor change what is fetched.
final class ControlOperation {
    private static final ClassDesc ATOMICS = AtomicOperations.class.describeConstable().orElseThrow();
    private static final ClassDesc SYSTEM = SystemOperations.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc EXECUTE_ATOMIC = MethodTypeDesc.of(
            ConstantDescs.CD_void,
            HartFields.HART,
            ConstantDescs.CD_int);
    private static final MethodTypeDesc EXECUTE_SYSTEM = MethodTypeDesc.of(
            ConstantDescs.CD_long,
            HartFields.HART,
            ConstantDescs.CD_int,
            ConstantDescs.CD_long);
    private static final MethodTypeDesc EXECUTE_MEMORY = MethodTypeDesc.of(ConstantDescs.CD_void, HartFields.HART, ConstantDescs.CD_int);
    private static final int FFLAGS = 0x001;
    private static final int FRM = 0x002;
    private static final int FCSR = 0x003;
    private static final int SSTATUS = 0x100;
    private static final int SIE = 0x104;
    private static final int SSCRATCH = 0x140;
    private static final int SEPC = 0x141;
    private static final int SCAUSE = 0x142;
    private static final int STVAL = 0x143;
    private static final int STIMECMP = 0x14D;
    private static final int TIME = 0xC01;
    private static final int MAXIMUM_ROUNDING_MODE = 4;

    private ControlOperation() {}

    /// Whether a SYSTEM instruction is executed without leaving the region.
    static boolean isInline(int instruction) {
        int function = Fields.funct3(instruction);
        if (function == 0 || function == 4) {
            return false;
        }
        return switch (instruction >>> 20) {
            case FFLAGS, FRM, FCSR, SSTATUS, SIE, SSCRATCH, SEPC, SCAUSE, STVAL, STIMECMP, TIME -> true;
            default -> false;
        };
    }

    /// Tells which registers a SYSTEM instruction that is inline reads and writes.
    static void registers(int instruction, Locals locals) {
        if (Fields.funct3(instruction) < 4) {
            locals.usesInteger(Fields.rs1(instruction));
        }
        locals.usesInteger(Fields.rd(instruction));
    }

    /// Emits an atomic instruction; the hart's registers are up to date.
    static void emitAtomic(CodeBuilder code, Locals locals, int instruction) {
        code.aload(Locals.HART).loadConstant(instruction).invokestatic(ATOMICS, "execute", EXECUTE_ATOMIC);
        locals.reload(code, Fields.rd(instruction));
    }

    /// Emits an instruction for a cache block; the hart's registers are up to date.
    static void emitCacheBlock(CodeBuilder code, int instruction) {
        code.aload(Locals.HART).loadConstant(instruction).invokestatic(SYSTEM, "memory", EXECUTE_MEMORY);
    }

    /// Emits a SYSTEM instruction that is inline; the hart's registers are up to date.
    static void emitSystem(CodeBuilder code, Locals locals, int instruction) {
        code.aload(Locals.HART).loadConstant(instruction).lconst_0().invokestatic(SYSTEM, "execute", EXECUTE_SYSTEM).pop2();
        HartFields.tlb(code); // `sstatus` chooses it
        locals.reload(code, Fields.rd(instruction));
    }

    /// Whether floating-point instructions may be executed, whatever their rounding mode, and change nothing about `sstatus.FS` by it.
    /// Called by translated code.
    ///
    /// @param writes whether one of them is more than a store
    static boolean floatsUsable(Hart hart, boolean writes) {
        return (writes ? hart.registers().floatsAreDirty() : hart.registers().floatsOn())
                && hart.roundingMode <= MAXIMUM_ROUNDING_MODE;
    }
}
