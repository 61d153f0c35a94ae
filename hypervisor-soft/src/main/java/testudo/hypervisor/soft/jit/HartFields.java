package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.mmu.Mmu;

/// How translated code reaches the state of its hart.
final class HartFields {
    static final ClassDesc HART = Hart.class.describeConstable().orElseThrow();
    static final ClassDesc MMU = Mmu.class.describeConstable().orElseThrow();
    static final String FLAGS = "floatFlags";

    private HartFields() {}

    static void roundingMode(CodeBuilder code) {
        code.aload(Locals.HART).getfield(HART, "roundingMode", ConstantDescs.CD_int);
    }

    /// Pushes what the hart has to attend to: 0 for nothing.
    static void attention(CodeBuilder code) {
        code.aload(Locals.HART).invokevirtual(HART, "attention", MethodTypeDesc.of(ConstantDescs.CD_int));
    }
}
