package testudo.arch.x86_64.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.arch.x86_64.Machines;
import testudo.arch.x86_64.cpu.CpuOptions.Nested;
import testudo.arch.x86_64.cpu.CpuOptions.Topology;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.MsrValue;
import testudo.spi.x86.X86Profile;

class GuestCpuidTest {
    private static final X86Profile INTEL = Machines.profile().x86().orElseThrow();

    private static CpuOptions options(int vcpus, Topology topology) {
        return new CpuOptions(vcpus, IrqchipMode.KERNEL, topology, Nested.AUTO, false, false);
    }

    private static CpuidEntry leaf(X86Profile profile, CpuOptions options, int vcpu, int function, int index) {
        List<CpuidEntry> found = new GuestCpuid(profile, options).table(vcpu).stream()
                .filter(e -> e.function() == function && e.index() == index).toList();
        assertEquals(1, found.size(), "leaf 0x%x.%d: %s".formatted(function, index, found));
        return found.getFirst();
    }

    @Test
    void identityHasApicIdAndCount() {
        CpuidEntry one = leaf(INTEL, options(4, Topology.THREADS), 3, 1, 0);
        assertEquals(0x03_04_08_00, one.ebx());
        assertEquals(1 << 31 | 1 << 21 | 1 << 24 | 1 << 5, one.ecx() & (1 << 31 | 1 << 21 | 1 << 24 | 1 << 5),
                "hypervisor, x2APIC, TSC deadline, VMX as the host has it");
        assertEquals(1 << 28, one.edx() & 1 << 28, "HTT");
    }

    @Test
    void singleProcessorHasNoHtt() {
        CpuidEntry one = leaf(INTEL, options(1, Topology.THREADS), 0, 1, 0);
        assertEquals(0x00_00_08_00, one.ebx());
        assertEquals(0, one.edx() & 1 << 28);
    }

    @Test
    void localApicOutsideOfTheHypervisorHasNeitherX2ApicNorDeadline() {
        CpuOptions options = new CpuOptions(2, IrqchipMode.USERSPACE, Topology.THREADS, Nested.AUTO, false, false);
        assertEquals(0, leaf(INTEL, options, 0, 1, 0).ecx() & (1 << 21 | 1 << 24));
    }

    @Test
    void nestingCanBeSwitchedOff() {
        CpuOptions options = new CpuOptions(2, IrqchipMode.KERNEL, Topology.THREADS, Nested.OFF, false, false);
        assertEquals(0, leaf(INTEL, options, 0, 1, 0).ecx() & 1 << 5);
        assertEquals(0, leaf(INTEL, options, 0, 0x80000001, 0).ecx() & 1 << 2);
    }

    @Test
    void nestingThatTheHostLacksIsRefused() {
        X86Profile plain = new X86Profile(List.of(Machines.leaf(1, 0, 0, 0, 0)), List.of(), false, 0);
        CpuOptions options = new CpuOptions(1, IrqchipMode.KERNEL, Topology.THREADS, Nested.ON, false, true);
        VmmException.Config e = assertThrows(VmmException.Config.class, () -> new GuestCpuid(plain, options));
        assertEquals(2, e.problems().size(), "and the unknown TSC frequency");
    }

    @ParameterizedTest
    @CsvSource({ // vCPUs, no-smt, threads shift and count, cores shift and count
            "1, false, 0, 1, 0, 1", "2, false, 1, 2, 1, 2", "4, false, 1, 2, 2, 4", "6, false, 1, 2, 3, 6",
            "3, false, 2, 3, 2, 3", "4, true, 0, 1, 2, 4", "254, false, 1, 2, 8, 254",
    })
    void topologyLeaves(int vcpus, boolean noSmt, int smtShift, int smtCount, int coreShift, int coreCount) {
        CpuOptions options = options(vcpus, noSmt ? Topology.CORES : Topology.THREADS);
        for (int function : new int[]{0xB, 0x1F}) {
            assertEquals(new CpuidEntry(function, 0, true, smtShift, smtCount, 0x100, vcpus - 1),
                    leaf(INTEL, options, vcpus - 1, function, 0));
            assertEquals(new CpuidEntry(function, 1, true, coreShift, coreCount, 0x201, vcpus - 1),
                    leaf(INTEL, options, vcpus - 1, function, 1));
        }
    }

    @Test
    void cachesComeFromTheHostWithOurCores() {
        CpuidEntry host = new CpuidEntry(4, 0, true, 0x1C004121, 0x01C0003F, 0x3F, 0);
        CpuidEntry end = new CpuidEntry(4, 4, true, 0, 0, 0, 0);
        X86Profile profile = new X86Profile(INTEL.cpuid(), List.of(host, end), true, 0);
        assertEquals(0x0C004121, leaf(profile, options(8, Topology.THREADS), 0, 4, 0).eax(), "4 cores: 3 << 26");
        assertEquals(0x00004121, leaf(profile, options(1, Topology.THREADS), 0, 4, 0).eax());
        assertEquals(0x1C004121, leaf(profile, options(8, Topology.HOST), 0, 4, 0).eax());
        assertEquals(end, leaf(profile, options(8, Topology.THREADS), 0, 4, 4));
    }

    @Test
    void amdLeavesFollowTheTopology() {
        List<CpuidEntry> cpuid = List.of(Machines.leaf(0, 0x10, 0x68747541, 0x444D4163, 0x69746E65),
                Machines.leaf(1, 0, 0, 0, 0), Machines.leaf(0x80000008, 0x3030, 0, 0x703F, 0),
                Machines.leaf(0x8000001E, 0, 0, 0, 0));
        X86Profile amd = new X86Profile(cpuid, List.of(), true, 0);
        assertEquals(0x2003, leaf(amd, options(4, Topology.THREADS), 3, 0x80000008, 0).ecx());
        CpuidEntry topology = leaf(amd, options(4, Topology.THREADS), 3, 0x8000001E, 0);
        assertEquals(3, topology.eax(), "APIC id");
        assertEquals(0x101, topology.ebx(), "two threads, core 1");
    }

    @Test
    void hardwarePerformanceStatesAreShownOnRequestWhereTheHostHasThem() {
        List<CpuidEntry> supported = List.of(Machines.leaf(0, 0x16, 0, 0, 0), Machines.leaf(1, 0, 0, 0, 0), Machines.leaf(6, 4, 0, 0, 0));
        for (int states : List.of(0, 1 << 7, 1 << 7 | 1 << 8 | 1 << 10)) {
            X86Profile profile = new X86Profile(supported, List.of(Machines.leaf(6, states | 1 << 9, 0, 1 << 3, 0)), false, 0);
            CpuOptions with = new CpuOptions(1, IrqchipMode.KERNEL, Topology.HOST, Nested.AUTO, true, false);
            CpuOptions without = new CpuOptions(1, IrqchipMode.KERNEL, Topology.HOST, Nested.AUTO, false, false);

            assertEquals(4 | states, leaf(profile, with, 0, 6, 0).eax(), "and no other bit of the host's");
            assertEquals(1 << 3, leaf(profile, with, 0, 6, 0).ecx(), "the bias between energy and performance");
            assertEquals(4, leaf(profile, without, 0, 6, 0).eax());
        }
    }

    @Test
    void calibratedLeafGivesTheFrequency() {
        CpuOptions options = new CpuOptions(1, IrqchipMode.KERNEL, Topology.THREADS, Nested.AUTO, false, true);
        CpuidEntry tsc = leaf(INTEL, options, 0, 0x15, 0);
        assertEquals(2_400_000_000L, (long) tsc.ecx() * tsc.ebx() / tsc.eax());
        assertTrue(leaf(INTEL, options, 0, 0, 0).eax() >= 0x15);
    }

    @Test
    void memoryTypesCoverTheWindows() {
        assertEquals(List.of(
                new MsrValue(0x200, 0xD0000000L), new MsrValue(0x201, 0xFF_F0000800L),
                new MsrValue(0x202, 0xE0000000L), new MsrValue(0x203, 0xFF_E0000800L),
                new MsrValue(0x2FF, 0x806)), BootMsrs.memoryTypes(0xD0000000L, 40));
        assertEquals(List.of(), BootMsrs.memoryTypes(0x00100000L, 40), "more than 8 ranges");
    }

    @Test
    void longModeClearsTheSystemCallRegisters() {
        assertEquals(10, BootMsrs.basic(true).size());
        assertEquals(List.of(new MsrValue(0x10, 0), new MsrValue(0x1A0, 1)), BootMsrs.basic(false));
    }
}
