package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.x86.CpuidEntry;

/// The open KVM device. Any thread.
final class KvmSystem extends Descriptor {
    private static final int FIRST_CPUID_ENTRIES = 256;
    private static final int MOST_CPUID_ENTRIES = 16384;

    KvmSystem(int descriptor) {
        super(descriptor);
    }

    /// Makes a virtual machine.
    /// @return its descriptor
    Descriptor createVm() {
        long result;
        do {
            result = Ioctl.call(descriptor(), Kvm.CREATE_VM, 0);
        } while (result == -Errno.EINTR);
        return new Descriptor((int) Errno.check(result, "cannot create a virtual machine [hypervisor kvm]"));
    }

    /// What the device says about a capability.
    /// @return 0 when it is missing, or a number whose meaning depends on the capability
    int extension(int capability) {
        return (int) Math.max(0, Ioctl.call(descriptor(), Kvm.CHECK_EXTENSION, capability));
    }

    /// The size of a vCPU's shared pages.
    /// @return bytes
    long runMappingBytes() {
        return Errno.check(
                Ioctl.call(descriptor(), Kvm.GET_VCPU_MMAP_SIZE, 0), "cannot ask for the run page [hypervisor kvm]");
    }

    /// Reads a list of registers that KVM saves and restores.
    int[] msrIndexList() {
        try (Arena arena = Arena.ofConfined()) {
            int room = 256;
            while (true) {
                MemorySegment list = arena.allocate(KvmMsrList.LAYOUT.byteSize() + (long) room * Integer.BYTES, 8);
                list.set(JAVA_INT, KvmMsrList.NMSRS, room);
                long result = Ioctl.call(descriptor(), KvmMsrList.GET_INDEX_LIST, list.address());
                int count = list.get(JAVA_INT, KvmMsrList.NMSRS);
                if (result == -Errno.E2BIG && count > room) {
                    room = count;
                    continue;
                }
                Errno.check(result, "cannot list the model-specific registers [hypervisor kvm]");
                return list.asSlice(KvmMsrList.LAYOUT.byteSize(), (long) count * Integer.BYTES).toArray(JAVA_INT);
            }
        }
    }

    /// The CPUID leaves that guests can have.
    List<CpuidEntry> supportedCpuid() {
        for (int room = FIRST_CPUID_ENTRIES;; room *= 2) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment table = X86CpuidTable.allocate(arena, room);
                long result = Ioctl.call(descriptor(), KvmCpuid2.GET_SUPPORTED, table.address());
                if (result == -Errno.E2BIG && room < MOST_CPUID_ENTRIES) {
                    continue;
                }
                Errno.check(result, "cannot read the supported CPUID leaves [hypervisor kvm]");
                return X86CpuidTable.read(table);
            }
        }
    }

    /// Enables a capability of a machine.
    /// @return 0 or a negative errno
    static int enable(Descriptor vm, int capability, long argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment enable = arena.allocate(KvmEnableCap.LAYOUT);
            enable.set(JAVA_INT, KvmEnableCap.CAP, capability);
            enable.set(JAVA_LONG, KvmEnableCap.ARGS, argument);
            return (int) Ioctl.call(vm.descriptor(), KvmEnableCap.ENABLE_CAP, enable.address());
        }
    }

    /// The guests' time-stamp counter frequency, as a scratch vCPU tells it.
    /// @return kHz, 0 when unknown
    int tscKhz() {
        if (extension(Kvm.CAP_GET_TSC_KHZ) == 0) {
            return 0;
        }
        List<Descriptor> scratch = new ArrayList<>();
        try {
            Descriptor vm = createVm();
            scratch.add(vm);
            long vcpu = Ioctl.call(vm.descriptor(), Kvm.CREATE_VCPU, 0);
            if (vcpu < 0) {
                return 0;
            }
            scratch.add(new Descriptor((int) vcpu));
            return (int) Math.max(0, Ioctl.call((int) vcpu, Kvm.GET_TSC_KHZ, 0));
        } finally {
            scratch.reversed().forEach(Descriptor::close);
        }
    }
}
