package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.hypervisor.GuestDebug;

/// Single steps and breakpoints by the processor's four debug registers (Intel SDM volume 3, "Debug Registers").
/// @param vcpu the vCPU's descriptor
record X86GuestDebug(Descriptor vcpu) implements GuestDebug {
    private static final int REGISTERS = 4;
    private static final int CONTROL_REGISTER = 7;
    /// Bit 10 of DR7 is always set; condition and length of all four are 0: an instruction.
    private static final long ALWAYS = 0x400;
    private static final long GLOBAL_ENABLE = 2;

    @Override
    public int maxBreakpoints() {
        return REGISTERS;
    }

    @Override
    public void stopAt(boolean singleStep, List<Long> breakpoints) {
        if (breakpoints.size() > REGISTERS) {
            throw new IllegalArgumentException("%d breakpoints, %d at most".formatted(breakpoints.size(), REGISTERS));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(KvmGuestDebug.LAYOUT);
            long enabled = ALWAYS;
            for (int i = 0; i < breakpoints.size(); i++) {
                argument.set(JAVA_LONG, KvmGuestDebug.DEBUGREG + 8L * i, breakpoints.get(i));
                enabled |= GLOBAL_ENABLE << (2 * i);
            }
            argument.set(JAVA_LONG, KvmGuestDebug.DEBUGREG + 8L * CONTROL_REGISTER, enabled);
            int step = singleStep ? KvmGuestDebug.ENABLE | KvmGuestDebug.SINGLESTEP : 0;
            int breaks = breakpoints.isEmpty() ? 0 : KvmGuestDebug.ENABLE | KvmGuestDebug.USE_HARDWARE_BREAKPOINTS;
            argument.set(JAVA_INT, KvmGuestDebug.CONTROL, step | breaks);
            Errno.check(Ioctl.call(vcpu.descriptor(), KvmGuestDebug.SET, argument.address()), "cannot set breakpoints [hypervisor kvm]");
        }
    }
}
