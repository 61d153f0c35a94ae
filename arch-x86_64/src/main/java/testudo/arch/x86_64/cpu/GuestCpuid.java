package testudo.arch.x86_64.cpu;

import java.util.ArrayList;
import java.util.List;
import testudo.arch.x86_64.cpu.CpuOptions.Nested;
import testudo.arch.x86_64.cpu.CpuOptions.Topology;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.X86Profile;

/// The CPUID table of each vCPU: what the hypervisor offers, with identity and topology put in
/// (Intel SDM volume 2, "CPUID"; AMD APM volume 3, appendix E "Obtaining Processor Information").
public final class GuestCpuid {
    private static final int VMX = 1 << 5;
    private static final int X2APIC = 1 << 21;
    private static final int TSC_DEADLINE = 1 << 24;
    private static final int HYPERVISOR = 1 << 31;
    private static final int HTT = 1 << 28;
    private static final int SVM = 1 << 2;
    private static final int HWP = 1 << 7 | 1 << 8 | 1 << 10;
    private static final int ENERGY_BIAS = 1 << 3;
    private static final int CLFLUSH_8 = 8 << 8;
    private static final int TSC_LEAF = 0x15;
    private static final int BUS_HZ = 1_000_000_000;
    private static final int BUS_KHZ = BUS_HZ / 1000;
    private static final int AMD = 0x68747541; // "Auth"enticAMD
    private static final int HYGON = 0x6F677948; // "Hygo"nGenuine
    private static final int SMT_LEVEL = 1;
    private static final int CORE_LEVEL = 2;

    private final X86Profile profile;
    private final CpuOptions options;

    /// Prepares the tables.
    /// @param profile what the hypervisor offers
    /// @param options what the user wants
    /// @throws VmmException.Config when the host lacks what is wanted
    public GuestCpuid(X86Profile profile, CpuOptions options) {
        this.profile = profile;
        this.options = options;
        List<String> problems = new ArrayList<>();
        if (options.nested() == Nested.ON && (get(1, 0).ecx() & VMX) == 0 && (get(0x80000001, 0).ecx() & SVM) == 0) {
            problems.add("--nested on: the host offers neither VMX nor SVM to guests; enable nesting in its KVM module");
        }
        if (options.calibratedTscLeaf() && profile.tscKhz() <= 0) {
            problems.add("--force-calibrated-tsc-leaf: the host does not know its TSC frequency; leave the option out");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
    }

    /// Makes the table of a vCPU.
    /// @param vcpu its index, which is its APIC id
    /// @return the entries
    public List<CpuidEntry> table(int vcpu) {
        List<CpuidEntry> table = new ArrayList<>();
        for (CpuidEntry entry : profile.cpuid()) {
            if (!isReplaced(entry.function())) {
                table.add(shaped(entry, vcpu));
            }
        }
        for (CpuidEntry entry : profile.hostCpuid()) {
            if (isFromHost(entry.function())) {
                table.add(entry.function() == 4 ? cache(entry) : entry);
            }
        }
        addTopology(table, 0xB, vcpu);
        addTopology(table, 0x1F, vcpu);
        if (options.calibratedTscLeaf()) {
            // A ratio to the frequency of the APIC bus: kernels take the latter for the timer's.
            table.add(new CpuidEntry(TSC_LEAF, 0, false, BUS_KHZ, profile.tscKhz(), BUS_HZ, 0));
        }
        return table;
    }

    /// The width of a guest physical address, as the guest will see it.
    /// @return bits, 32 to 64
    public int physicalAddressBits() {
        int bits = get(0x80000008, 0).eax() & 0xFF;
        return bits >= 32 && bits <= 64 ? bits : 36;
    }

    /// Whether the vCPUs have memory type range registers.
    /// @return true when they do
    public boolean hasMtrr() {
        return (get(1, 0).edx() & 1 << 12) != 0;
    }

    private boolean isReplaced(int function) {
        boolean host = isFromHost(function) && profile.hostCpuid().stream().anyMatch(e -> e.function() == function);
        return host || function == 0xB || function == 0x1F || (function == TSC_LEAF && options.calibratedTscLeaf());
    }

    private static boolean isFromHost(int function) {
        return function == 2 || function == 4 || (function >= 0x80000002 && function <= 0x80000006);
    }

    private CpuidEntry shaped(CpuidEntry entry, int vcpu) {
        return switch (entry.function()) {
            case 0 -> with(entry, options.calibratedTscLeaf() ? Math.max(entry.eax(), TSC_LEAF) : entry.eax(),
                    entry.ebx(), entry.ecx());
            case 1 -> identity(entry, vcpu);
            case 6 -> power(entry);
            case 0x80000001 -> with(entry, entry.eax(), entry.ebx(),
                    options.nested() == Nested.OFF ? entry.ecx() & ~SVM : entry.ecx());
            case 0x80000008 -> isAmd()
                    ? with(entry, entry.eax(), entry.ebx(),
                            (entry.ecx() & ~0xF0FF) | (options.vcpus() - 1) | (bits(options.vcpus() - 1) << 12))
                    : entry;
            case 0x8000001E -> isAmd()
                    ? with(entry, vcpu, (vcpu / options.threadsPerCore())
                            | ((options.threadsPerCore() - 1) << 8), 0)
                    : entry;
            default -> entry;
        };
    }

    private CpuidEntry identity(CpuidEntry entry, int vcpu) {
        int vcpus = options.vcpus();
        boolean isLocalApicOutside = options.irqchip() == IrqchipMode.USERSPACE;
        int ebx = vcpu << 24 | CLFLUSH_8 | (vcpus > 1 ? vcpus << 16 : 0);
        int ecx = entry.ecx() | HYPERVISOR;
        ecx = isLocalApicOutside ? ecx & ~X2APIC : ecx | X2APIC;
        ecx = profile.tscDeadlineTimer() && !isLocalApicOutside ? ecx | TSC_DEADLINE : ecx & ~TSC_DEADLINE;
        ecx = options.nested() == Nested.OFF ? ecx & ~VMX : ecx;
        int edx = vcpus > 1 ? entry.edx() | HTT : entry.edx();
        return new CpuidEntry(1, entry.index(), entry.indexMatters(), entry.eax(), ebx, ecx, edx);
    }

    private CpuidEntry power(CpuidEntry entry) {
        if (!options.hardwarePerformanceStates()) {
            return entry;
        }
        CpuidEntry host = find(profile.hostCpuid(), 6, 0);
        return with(entry, entry.eax() | (host.eax() & HWP), entry.ebx(), entry.ecx() | (host.ecx() & ENERGY_BIAS));
    }

    private CpuidEntry cache(CpuidEntry entry) {
        if (options.topology() == Topology.HOST || (entry.eax() & 0x1F) == 0) {
            return entry;
        }
        int cores = options.vcpus() / options.threadsPerCore();
        return with(entry, (entry.eax() & 0x03FF_FFFF) | (Math.min(cores - 1, 63) << 26), entry.ebx(), entry.ecx());
    }

    private void addTopology(List<CpuidEntry> table, int function, int vcpu) {
        List<CpuidEntry> host = profile.hostCpuid().stream().filter(e -> e.function() == function).toList();
        if (options.topology() == Topology.HOST && !host.isEmpty()) {
            host.forEach(e -> table.add(
                    new CpuidEntry(function, e.index(), true, e.eax(), e.ebx(), e.ecx(), vcpu)));
            return;
        }
        if (Integer.compareUnsigned(get(0, 0).eax(), function) < 0) {
            return;
        }
        int threads = options.threadsPerCore();
        table.add(new CpuidEntry(function, 0, true, bits(threads - 1), threads, SMT_LEVEL << 8, vcpu));
        table.add(new CpuidEntry(
                function, 1, true, bits(options.vcpus() - 1), options.vcpus(), CORE_LEVEL << 8 | 1, vcpu));
        table.add(new CpuidEntry(function, 2, true, 0, 0, 2, vcpu));
    }

    private boolean isAmd() {
        int vendor = get(0, 0).ebx();
        return vendor == AMD || vendor == HYGON;
    }

    private CpuidEntry get(int function, int index) {
        return find(profile.cpuid(), function, index);
    }

    private static CpuidEntry find(List<CpuidEntry> table, int function, int index) {
        return table.stream()
                .filter(e -> e.function() == function && (!e.indexMatters() || e.index() == index))
                .findFirst()
                .orElse(new CpuidEntry(function, index, false, 0, 0, 0, 0));
    }

    private static CpuidEntry with(CpuidEntry e, int eax, int ebx, int ecx) {
        return new CpuidEntry(e.function(), e.index(), e.indexMatters(), eax, ebx, ecx, e.edx());
    }

    private static int bits(int value) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(value);
    }
}
