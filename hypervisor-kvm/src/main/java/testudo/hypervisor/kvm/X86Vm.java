package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;

/// What an x86 machine needs before its first vCPU.
final class X86Vm {
    /// Three pages that KVM needs on processors without real mode in guests, just below the firmware's range.
    private static final long IDENTITY_MAP = 0xFEFF_C000L;

    private static final long TSS = IDENTITY_MAP + 0x1000;
    private static final int IOAPIC_PINS = 24;
    /// KVM_MSR_EXIT_REASON_UNKNOWN: registers that KVM does not know are ours to answer.
    private static final long UNKNOWN_MSRS = 2;

    private X86Vm() {}

    static void configure(KvmSystem system, Descriptor vm, IrqchipMode mode) {
        try (Arena arena = Arena.ofConfined()) {
            long address = arena.allocateFrom(JAVA_LONG, IDENTITY_MAP).address();
            Errno.check(
                    Ioctl.call(vm.descriptor(), Kvm.SET_IDENTITY_MAP_ADDR, address),
                    "cannot place the identity map [hypervisor kvm]");
        }
        Errno.check(
                Ioctl.call(vm.descriptor(), Kvm.SET_TSS_ADDR, TSS), "cannot place the task segment [hypervisor kvm]");
        if (mode == IrqchipMode.SPLIT) {
            Errno.check(
                    KvmSystem.enable(vm, Kvm.CAP_SPLIT_IRQCHIP, IOAPIC_PINS),
                    "cannot split the interrupt controllers [hypervisor kvm]");
        }
        if (system.extension(Kvm.CAP_X86_USER_SPACE_MSR) != 0) {
            Errno.check(
                    KvmSystem.enable(vm, Kvm.CAP_X86_USER_SPACE_MSR, UNKNOWN_MSRS),
                    "cannot take over unknown model-specific registers [hypervisor kvm]");
        }
    }

    /// Makes PIC, IOAPIC, local APICs and PIT in the kernel.
    static void createIrqchip(Descriptor vm) {
        Errno.check(
                Ioctl.call(vm.descriptor(), Kvm.CREATE_IRQCHIP, 0),
                "cannot make the interrupt controllers [hypervisor kvm]");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment config = arena.allocate(KvmPitConfig.LAYOUT);
            config.set(JAVA_INT, KvmPitConfig.FLAGS, KvmPitConfig.SPEAKER_DUMMY);
            Errno.check(
                    Ioctl.call(vm.descriptor(), KvmPitConfig.CREATE_PIT2, config.address()),
                    "cannot make the interval timer [hypervisor kvm]");
        }
    }
}
