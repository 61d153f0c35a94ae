package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_guest_debug`, 72 bytes on x86. Source: `include/uapi/linux/kvm.h` and `arch/x86/include/uapi/asm/kvm.h`; use:
/// `Documentation/virt/kvm/api.rst`.
final class KvmGuestDebug {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("control"),
            JAVA_INT.withName("pad"),
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(8, JAVA_LONG).withName("debugreg")).withName("arch"));
    static final long CONTROL = KernelStruct.offset(LAYOUT, "control");
    static final long DEBUGREG = KernelStruct.offset(LAYOUT, "arch");
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x9B, LAYOUT);
    static final int ENABLE = 1;
    static final int SINGLESTEP = 2;
    static final int USE_HARDWARE_BREAKPOINTS = 0x0002_0000;

    private KvmGuestDebug() {}
}
