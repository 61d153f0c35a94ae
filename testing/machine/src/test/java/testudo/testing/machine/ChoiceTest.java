package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.arch.riscv64.RiscvArchitecture;
import testudo.arch.x86_64.X86Architecture;
import testudo.core.machine.MachineOptions;
import testudo.core.machine.Machines;
import testudo.core.machine.Providers;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.riscv.RiscvProfile;

/// Which hypervisor a machine gets.
class ChoiceTest {
    private static final OptionDeclaration<Boolean> FAST = OptionDeclaration.flag("emulator-fast", "", "");
    private static final OptionDeclaration<Long> LEVEL = OptionDeclaration.value("emulator-level", Long.class, "N", "", "");

    @TempDir private Path directory = Path.of("");
    private final List<String> calls = new ArrayList<>();

    /// A hypervisor that only tells about itself.
    private final class Told implements HypervisorProvider {
        private final String id;
        private final int rank;
        private final HypervisorProfile profile;
        private final Availability availability;

        Told(String id, int rank, HypervisorProfile profile, Availability availability) {
            this.id = id;
            this.rank = rank;
            this.profile = profile;
            this.availability = availability;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public List<OptionDeclaration<?>> options() {
            return id.equals("emulator") ? List.of(FAST, LEVEL) : List.of();
        }

        @Override
        public Availability probe(Configuration configuration) {
            return availability;
        }

        @Override
        public Hypervisor open(Configuration configuration, HostPlatform host) {
            calls.add("open " + id + (configuration.isSet(FAST) ? " fast" : "") + configuration.value(LEVEL).map(n -> " " + n).orElse(""));
            return new Hypervisor() {
                @Override
                public HypervisorProfile profile() {
                    return profile;
                }

                @Override
                public Vm createVm(VmRequest request) {
                    throw new AssertionError("a description needs no machine");
                }

                @Override
                public void close() {
                    calls.add("close " + id);
                }
            };
        }
    }

    private Told hardware(Availability availability) {
        return new Told("hardware", 100, FakeHypervisor.poorest(), availability);
    }

    private Told emulator() {
        return new Told(
                "emulator", 10,
                new HypervisorProfile(
                        "emulator", Set.of("riscv64"), 8, 56, List.of(IrqchipMode.USERSPACE), Set.of(), Optional.empty(),
                        Optional.of(new RiscvProfile(List.of("i"), 39, 10_000_000, 0, 255))),
                new Availability.Ready("everywhere"));
    }

    private static Providers providers(List<HypervisorProvider> hypervisors) {
        return new Providers(
                List.of(TestMachine.HOST), hypervisors, List.of(new X86Architecture(), new RiscvArchitecture()), List.of(), List.of(),
                List.of(), List.of(), List.of());
    }

    private Map<String, Object> describe(Path kernel, List<HypervisorProvider> hypervisors, String... wanted) {
        Providers providers = providers(hypervisors);
        ConfigurationBuilder builder = new ConfigurationBuilder(Machines.options(providers));
        builder.text(MachineOptions.KERNEL, kernel.toString());
        builder.text(MachineOptions.DISABLE_SANDBOX, "true"); // no kind of jail is on this module path
        for (String text : wanted) {
            builder.text(MachineOptions.HYPERVISOR, text);
        }
        return Machines.dump(builder.build(), providers);
    }

    private Path riscvKernel() throws java.io.IOException {
        ByteBuffer image = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        image.putLong(8, 0x20_0000).putLong(16, 4096);
        image.put(0x38, "RSC\u0005".getBytes(StandardCharsets.US_ASCII));
        return Files.write(directory.resolve("Image"), image.array());
    }

    @Test
    void theKernelChooses() throws Exception {
        List<HypervisorProvider> both = List.of(emulator(), hardware(new Availability.Ready("here")));
        assertEquals("emulator", describe(riscvKernel(), both).get("hypervisor"));
        assertEquals(List.of("open hardware", "close hardware", "open emulator", "close emulator"), calls);
        assertEquals("fake", describe(KernelFile.write(directory), both).get("hypervisor")); // so its profile calls itself
    }

    @Test
    void whyNoneFitsIsSaid() throws Exception {
        Map<String, Object> planned = describe(riscvKernel(), List.of(hardware(new Availability.Ready("here"))));
        assertEquals("none", planned.get("hypervisor"));
        Providers providers = providers(List.of(hardware(new Availability.Missing("no device", "get one")), emulator()));
        ConfigurationBuilder builder = new ConfigurationBuilder(Machines.options(providers));
        builder.text(MachineOptions.KERNEL, KernelFile.write(directory).toString());
        VmmException.Host refused = assertThrows(VmmException.Host.class, () -> Machines.run(builder.build(), providers));
        assertTrue(refused.getMessage().contains("needs one for x86_64 guests"), refused.getMessage());
        assertTrue(refused.getMessage().contains("hardware: no device; get one"), refused.getMessage());
        assertTrue(refused.getMessage().contains("emulator: runs riscv64 guests only"), refused.getMessage());
    }

    @Test
    void theUserChoosesWithKeys() throws Exception {
        List<HypervisorProvider> both = List.of(hardware(new Availability.Ready("here")), emulator());
        describe(riscvKernel(), both, "emulator[fast,level=3]");
        assertEquals("open emulator fast 3", calls.getFirst());
        for (String wrong : List.of("emulator[", "emulator[slow]", "emulator[level=x]", "emulator[fast=maybe]", "other")) {
            assertThrows(VmmException.Config.class, () -> describe(riscvKernel(), both, wrong), wrong);
        }
        VmmException.Config refused = assertThrows(VmmException.Config.class, () -> describe(riscvKernel(), both, "hardware"));
        assertTrue(refused.getMessage().contains("is for riscv64"), refused.getMessage());
    }

    @Test
    void optionsOfOtherArchitecturesAreRefused() throws Exception {
        Providers providers = providers(List.of(emulator()));
        ConfigurationBuilder builder = new ConfigurationBuilder(Machines.options(providers));
        builder.text(MachineOptions.KERNEL, riscvKernel().toString());
        builder.text(
                Machines.options(providers).stream().filter(option -> option.name().equals("no-smt")).findFirst().orElseThrow(), "true");
        VmmException.Config refused = assertThrows(VmmException.Config.class, () -> Machines.dump(builder.build(), providers));
        assertEquals(List.of("--no-smt: riscv64 machines have no such option"), refused.problems());
    }
}
