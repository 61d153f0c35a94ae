package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;

import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.Tlb;

/// How translated code reaches the state of its hart.
final class HartFields {
    static final ClassDesc HART = Hart.class.describeConstable().orElseThrow();
    static final ClassDesc MMU = Mmu.class.describeConstable().orElseThrow();
    static final ClassDesc RAM = MemorySegment.class.describeConstable().orElseThrow();
    static final ClassDesc LONGS = ConstantDescs.CD_long.arrayType();
    private static final ClassDesc TLB = Tlb.class.describeConstable().orElseThrow();
    static final String FLAGS = "floatFlags";

    private HartFields() {}

    static void roundingMode(CodeBuilder code) {
        code.aload(Locals.HART).getfield(HART, "roundingMode", ConstantDescs.CD_int);
    }

    /// Reads anew which TLB belongs to the current privilege.
    static void tlb(CodeBuilder code) {
        code.aload(Locals.MMU).getfield(MMU, "tlb", TLB).getfield(TLB, "data", LONGS).astore(Locals.TLB);
    }

    /// Pushes what the hart has to attend to: 0 for nothing.
    static void attention(CodeBuilder code) {
        code.aload(Locals.HART).invokevirtual(HART, "attention", MethodTypeDesc.of(ConstantDescs.CD_int));
    }
}
