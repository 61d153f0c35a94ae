package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.arch.x86_64.X86Architecture;
import testudo.core.machine.RunResult;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.BootState;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.memory.GuestMemory;
import testudo.spi.option.OptionDeclaration;
import testudo.testing.machine.ProbeDevices.Kind;

/// Machines that fail half-way: everything that was made is closed again, on the right thread, and the reason is what the caller sees.
@Timeout(120)
class BrokenMachineTest {
    @TempDir Path directory;

    @BeforeEach
    void warmUp() {
        new TestMachine(directory).run(Guest::powerOff);
    }

    private TestMachine machine() throws IOException {
        Files.write(directory.resolve("disk"), new byte[1 << 16]);
        return new TestMachine(directory)
                .option("block", directory.resolve("disk").toString())
                .option("socket", directory.resolve("control").toString());
    }

    private void assertNothingLeft(Leftovers before) {
        assertEquals(Map.of(), Leftovers.now().since(before));
        assertFalse(Files.exists(directory.resolve("control")));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aFactoryThatThrows(Kind kind) throws IOException {
        Leftovers before = Leftovers.now();
        for (RuntimeException failure : List.of(new VmmException.Config("no such file"), new IllegalStateException("bug"))) {
            ProbeDevices probes = new ProbeDevices().failing(kind, failure);
            TestMachine machine = machine().with(probes);
            assertSame(failure, assertThrows(RuntimeException.class, () -> machine.run(Guest::powerOff)));
            assertEquals(probes.made(), probes.closed());
            assertEquals(List.of(), probes.mistakes());
        }
        assertNothingLeft(before);
    }

    @Test
    void devicesAreClosedNewestFirstOnTheirThreads() throws IOException {
        Leftovers before = Leftovers.now();
        ProbeDevices probes = new ProbeDevices();
        assertEquals(RunResult.EXIT, machine().with(probes).run(Guest::powerOff));
        assertEquals(Kind.values().length, probes.made().size());
        assertEquals(probes.made(), probes.closed(), "newest first");
        assertEquals(List.of(), probes.mistakes());
        assertNothingLeft(before);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aDeviceThatCannotBeClosedDoesNotKeepTheOthersOpen(Kind kind) throws IOException {
        Leftovers before = Leftovers.now();
        ProbeDevices probes = new ProbeDevices().failingToClose(kind);
        machine().with(probes).run(Guest::powerOff);
        assertEquals(Kind.values().length, probes.closed().size());
        assertNothingLeft(before);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void handlersNeverMeetADeviceThatIsBeingMadeOrIsClosed(Kind kind) throws IOException {
        for (int round = 0; round < 20; round++) {
            ProbeDevices probes = new ProbeDevices().busy(kind);
            assertEquals(RunResult.EXIT, machine().with(probes).run(cpu -> {
                while (probes.handled() < 5) {
                    cpu.poll();
                }
                Guest.powerOff(cpu);
            }));
            assertEquals(List.of(), probes.mistakes());
        }
    }

    @Test
    void aHandlerThatThrowsEndsTheMachine() throws IOException {
        for (Kind kind : Kind.values()) {
            ProbeDevices probes = new ProbeDevices().failingInHandler(kind);
            assertEquals(RunResult.CRASH, machine().with(probes).run(GuestCpu::halt));
            assertEquals(probes.made().size(), probes.closed().size());
        }
    }

    @Test
    void twoDevicesOfOneName() throws IOException {
        TestMachine machine = machine().with(new ProbeDevices()).with(new ProbeDevices().called("other"));
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> machine.run(Guest::powerOff));
        assertEquals(Kind.values().length, failure.problems().size());
        assertTrue(failure.getMessage().contains("probe") && failure.getMessage().contains("other"), failure.getMessage());
    }

    @Test
    void aKernelThatCannotBeLoaded() throws IOException {
        Leftovers before = Leftovers.now();
        VmmException.Host failure = new VmmException.Host(VmmException.Kind.IO, "the kernel shrank");
        ProbeDevices probes = new ProbeDevices();
        TestMachine machine = machine().with(probes).on(new LoadFails(failure));
        assertSame(failure, assertThrows(VmmException.Host.class, () -> machine.run(Guest::powerOff)));
        assertEquals(probes.made().size(), probes.closed().size());
        assertNothingLeft(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing/socket", "kernel"})
    void aControlSocketThatCannotBeMade(String path) throws IOException {
        Leftovers before = Leftovers.now();
        ProbeDevices probes = new ProbeDevices();
        Files.write(directory.resolve("disk"), new byte[1 << 16]);
        TestMachine machine = new TestMachine(directory).with(probes).option("socket", directory.resolve(path).toString());
        assertThrows(VmmException.Host.class, () -> machine.run(Guest::powerOff));
        assertEquals(probes.made().size(), probes.closed().size());
        assertNothingLeft(before);
    }

    @Test
    void withoutInterruptControllersThereIsNoMachine() throws IOException {
        Leftovers before = Leftovers.now();
        TestMachine machine = machine().withoutInterruptControllers();
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> machine.run(Guest::powerOff));
        assertTrue(failure.getMessage().contains("interrupt controllers"), failure.getMessage());
        assertNothingLeft(before);
    }

    /// x86-64, but loading the kernel fails.
    private record LoadFails(RuntimeException failure) implements ArchitectureProvider {
        private static final ArchitectureProvider REAL = new X86Architecture();

        @Override
        public String id() {
            return REAL.id();
        }

        @Override
        public List<OptionDeclaration<?>> options() {
            return REAL.options();
        }

        @Override
        public Optional<String> recognises(KernelImage kernel) {
            return REAL.recognises(kernel);
        }

        @Override
        public PlannedMachine plan(MachineRequest request, HypervisorProfile profile) {
            PlannedMachine real = REAL.plan(request, profile);
            return new PlannedMachine() {
                @Override
                public MachinePlan plan() {
                    return real.plan();
                }

                @Override
                public void load(GuestMemory memory, MachineLayout layout) {
                    throw failure;
                }

                @Override
                public BootState bootState(int vcpu) {
                    return real.bootState(vcpu);
                }

                @Override
                public Map<String, Object> details() {
                    return real.details();
                }
            };
        }
    }
}
