package testudo.hypervisor.kvm;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProfile.Feature;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.X86Profile;

/// Asks KVM what x86 guests can have.
final class X86KvmProfile {
    private static final int ADDRESS_SIZES = 0x80000008;
    private static final int DEFAULT_ADDRESS_BITS = 36;
    private static final int DEFAULT_VCPUS = 4;
    /// Leaves that KVM passes on from the host as they are.
    private static final Set<Integer> HOST_LEAVES = Set.of(2, 4, 0xB, 0x1F, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006);

    private X86KvmProfile() {}

    static HypervisorProfile of(KvmSystem system) {
        List<CpuidEntry> cpuid = system.supportedCpuid();
        List<CpuidEntry> host = cpuid.stream().filter(entry -> HOST_LEAVES.contains(entry.function())).toList();
        X86Profile x86 = new X86Profile(
                cpuid, host, system.extension(Kvm.CAP_TSC_DEADLINE_TIMER) != 0, system.tscKhz());
        return new HypervisorProfile(
                "kvm",
                Set.of("x86_64"),
                vcpus(system),
                addressBits(cpuid),
                irqchipModes(system),
                features(system),
                Optional.of(x86),
                Optional.empty());
    }

    private static int vcpus(KvmSystem system) {
        int most = system.extension(Kvm.CAP_MAX_VCPUS);
        int recommended = system.extension(Kvm.CAP_NR_VCPUS);
        return most > 0 ? most : recommended > 0 ? recommended : DEFAULT_VCPUS;
    }

    /// Intel SDM 2A, "CPUID": leaf 0x80000008, EAX bits 7:0; AMD lets a hypervisor state a guest's own width in bits 23:16.
    private static int addressBits(List<CpuidEntry> cpuid) {
        for (CpuidEntry entry : cpuid) {
            if (entry.function() == ADDRESS_SIZES) {
                int guest = (entry.eax() >>> 16) & 0xFF;
                return guest != 0 ? guest : entry.eax() & 0xFF;
            }
        }
        return DEFAULT_ADDRESS_BITS;
    }

    private static List<IrqchipMode> irqchipModes(KvmSystem system) {
        List<IrqchipMode> modes = new ArrayList<>();
        if (system.extension(Kvm.CAP_IRQCHIP) != 0 && system.extension(Kvm.CAP_PIT2) != 0) {
            modes.add(IrqchipMode.KERNEL);
        }
        if (system.extension(Kvm.CAP_SPLIT_IRQCHIP) != 0) {
            modes.add(IrqchipMode.SPLIT);
        }
        return modes;
    }

    private static Set<Feature> features(KvmSystem system) {
        Set<Feature> features = EnumSet.of(Feature.DIRTY_LOG, Feature.REGISTERS);
        addIf(features, Feature.MSI, system, Kvm.CAP_SIGNAL_MSI);
        addIf(features, Feature.IRQ_EVENTS, system, Kvm.CAP_IRQFD);
        addIf(features, Feature.IO_EVENTS, system, Kvm.CAP_IOEVENTFD);
        addIf(features, Feature.READ_ONLY_MEMORY, system, Kvm.CAP_READONLY_MEM);
        addIf(features, Feature.MEMORY_REMOVAL, system, Kvm.CAP_DESTROY_MEMORY_REGION_WORKS);
        return features;
    }

    private static void addIf(Set<Feature> features, Feature feature, KvmSystem system, int capability) {
        if (system.extension(capability) != 0) {
            features.add(feature);
        }
    }
}
