package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.IoEvents;

/// Guest writes that signal eventfds: KVM_IOEVENTFD with length 0, which means any length; where that is refused, one for each length.
final class KvmIoEvents implements IoEvents {
    private static final int[] LENGTHS = {1, 2, 4, 8};

    private final Descriptor vm;

    KvmIoEvents(Descriptor vm) {
        this.vm = vm;
    }

    @Override
    public void bind(long gpa, HostEvent event) {
        String what = "cannot bind an event to 0x%x [hypervisor kvm]".formatted(gpa);
        int descriptor = OpenDescriptor.of(event);
        long result = call(gpa, 0, descriptor, 0);
        if (result != -Errno.EINVAL) {
            Errno.check(result, what);
            return;
        }
        for (int bound = 0; bound < LENGTHS.length; bound++) {
            result = call(gpa, LENGTHS[bound], descriptor, 0);
            if (result < 0) {
                while (--bound >= 0) {
                    call(gpa, LENGTHS[bound], descriptor, KvmIoeventfd.DEASSIGN);
                }
                throw Errno.failure(what, result);
            }
        }
    }

    @Override
    public void unbind(long gpa, HostEvent event) {
        int descriptor = OpenDescriptor.of(event);
        if (call(gpa, 0, descriptor, KvmIoeventfd.DEASSIGN) < 0) {
            for (int length : LENGTHS) {
                call(gpa, length, descriptor, KvmIoeventfd.DEASSIGN);
            }
        }
    }

    @Override
    public void bind(long gpa, int value, HostEvent event) {
        Errno.check(call(gpa, Integer.BYTES, value, OpenDescriptor.of(event), KvmIoeventfd.MATCH_DATA),
                "cannot bind an event to %d at 0x%x [hypervisor kvm]".formatted(value, gpa));
    }

    @Override
    public void unbind(long gpa, int value, HostEvent event) {
        call(gpa, Integer.BYTES, value, OpenDescriptor.of(event), KvmIoeventfd.MATCH_DATA | KvmIoeventfd.DEASSIGN);
    }

    private long call(long gpa, int lengthBytes, int descriptor, int flags) {
        return call(gpa, lengthBytes, 0, descriptor, flags);
    }

    private long call(long gpa, int lengthBytes, int value, int descriptor, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(KvmIoeventfd.LAYOUT);
            argument.set(JAVA_LONG, KvmIoeventfd.DATAMATCH, Integer.toUnsignedLong(value));
            argument.set(JAVA_LONG, KvmIoeventfd.ADDR, gpa);
            argument.set(JAVA_INT, KvmIoeventfd.LEN, lengthBytes);
            argument.set(JAVA_INT, KvmIoeventfd.FD, descriptor);
            argument.set(JAVA_INT, KvmIoeventfd.FLAGS, flags);
            return Ioctl.call(vm.descriptor(), KvmIoeventfd.IOEVENTFD, argument.address());
        }
    }
}
