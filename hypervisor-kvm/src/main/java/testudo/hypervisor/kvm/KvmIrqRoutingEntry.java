package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_irq_routing_entry`, 48 bytes, all architectures; the union is shown as its MSI member, whose first words are also `irqchip` and `pin`. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmIrqRoutingEntry {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("gsi"),
            JAVA_INT.withName("type"),
            JAVA_INT.withName("flags"),
            paddingLayout(4),
            JAVA_INT.withName("u.msi.address_lo"),
            JAVA_INT.withName("u.msi.address_hi"),
            JAVA_INT.withName("u.msi.data"),
            paddingLayout(20));
    static final long GSI = KernelStruct.offset(LAYOUT, "gsi");
    static final long TYPE = KernelStruct.offset(LAYOUT, "type");
    static final long IRQCHIP = LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement("u.msi.address_lo"));
    static final long PIN = LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement("u.msi.address_hi"));
    static final long ADDRESS_LO = IRQCHIP;
    static final long ADDRESS_HI = PIN;
    static final long DATA = LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement("u.msi.data"));
    static final int TYPE_IRQCHIP = 1;
    static final int TYPE_MSI = 2;

    private KvmIrqRoutingEntry() {}
}
