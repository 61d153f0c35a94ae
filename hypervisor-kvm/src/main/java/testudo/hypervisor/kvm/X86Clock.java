package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.hypervisor.GuestClock;

/// kvmclock.
/// @param vm the machine's descriptor
record X86Clock(Descriptor vm) implements GuestClock {
    @Override
    public long nanos() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(KvmClockData.LAYOUT);
            Errno.check(Ioctl.call(vm.descriptor(), KvmClockData.GET, data.address()), "cannot read the guest's clock [hypervisor kvm]");
            return data.get(JAVA_LONG, KvmClockData.CLOCK);
        }
    }

    @Override
    public void set(long nanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(KvmClockData.LAYOUT);
            data.set(JAVA_LONG, KvmClockData.CLOCK, nanos);
            Errno.check(Ioctl.call(vm.descriptor(), KvmClockData.SET, data.address()), "cannot set the guest's clock [hypervisor kvm]");
        }
    }
}
