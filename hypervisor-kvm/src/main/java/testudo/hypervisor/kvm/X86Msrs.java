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
import testudo.spi.VmmException;
import testudo.spi.x86.MsrValue;

/// The model-specific registers of a vCPU.
final class X86Msrs {
    /// IA32_TIME_STAMP_COUNTER and IA32_TSC_ADJUST: a reset of one vCPU must not move its clock against the others'.
    private static final int TSC = 0x10;

    private static final int TSC_ADJUST = 0x3B;
    private static final long HEADER = KvmMsrs.LAYOUT.byteSize();
    private static final long ENTRY = KvmMsrEntry.LAYOUT.byteSize();

    private final Descriptor vcpu;
    private final List<MsrValue> atReset;

    /// Reads what a new vCPU has; registers that KVM lists but this vCPU lacks are left out.
    X86Msrs(Descriptor vcpu, int[] indices) {
        this.vcpu = vcpu;
        List<MsrValue> values = new ArrayList<>(indices.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(HEADER + ENTRY * Math.max(1, indices.length), Long.BYTES);
            for (int next = 0; next < indices.length;) {
                int count = indices.length - next;
                for (int i = 0; i < count; i++) {
                    list.set(JAVA_INT, HEADER + ENTRY * i + KvmMsrEntry.INDEX, indices[next + i]);
                }
                list.set(JAVA_INT, KvmMsrs.NMSRS, count);
                int done = (int) Errno.check(
                        Ioctl.call(vcpu.descriptor(), KvmMsrs.GET, list.address()),
                        "cannot read model-specific registers [hypervisor kvm]");
                for (int i = 0; i < done; i++) {
                    long at = HEADER + ENTRY * i;
                    values.add(new MsrValue(
                            list.get(JAVA_INT, at + KvmMsrEntry.INDEX), list.get(JAVA_LONG, at + KvmMsrEntry.DATA)));
                }
                next += done + 1; // the one behind the last is the one that was refused
            }
        }
        atReset = values.stream()
                .filter(msr -> msr.index() != TSC && msr.index() != TSC_ADJUST)
                .toList();
    }

    /// Puts back what a new vCPU has. Read-only registers refuse, with the value they have anyway.
    void restore() {
        for (MsrValue msr : atReset) {
            set(msr);
        }
    }

    /// Writes one register.
    /// @throws VmmException.Host when KVM refuses the register or its value
    void write(MsrValue msr) {
        if (!set(msr)) {
            throw new VmmException.Host(
                    VmmException.Kind.UNSUPPORTED,
                    "model-specific register 0x%x refuses 0x%x [hypervisor kvm]".formatted(msr.index(), msr.value()));
        }
    }

    private boolean set(MsrValue msr) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(HEADER + ENTRY, Long.BYTES);
            list.set(JAVA_INT, KvmMsrs.NMSRS, 1);
            list.set(JAVA_INT, HEADER + KvmMsrEntry.INDEX, msr.index());
            list.set(JAVA_LONG, HEADER + KvmMsrEntry.DATA, msr.value());
            return Ioctl.call(vcpu.descriptor(), KvmMsrs.SET, list.address()) == 1;
        }
    }
}
