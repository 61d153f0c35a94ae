package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.control.ControlClient;
import testudo.core.machine.RunResult;
import testudo.plugin.virtio.rng.RngProvider;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.HotPluggable;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.testing.machine.GuestPci.Mechanism;

/// Devices that come and go while the guest runs.
@Timeout(120)
class HotPlugTest {
    private static final int ROOT_PORT = 0x3420_8086;
    private static final int EXPRESS = 0x10;
    private static final int SLOT_CONTROL = 0x18;
    private static final int SLOT_STATUS = 0x1A;
    private static final int BUTTON = 1;
    private static final int PRESENT = 1 << 6;
    private static final int POWER_ON = 0x0100;
    private static final int POWER_OFF = 0x0300;
    /// Bus 1, device 0, in the configuration window.
    private static final int BEHIND = 32;
    private static final long BAR = 0xE800_0000L;
    private static final int STATUS = 0x14;
    private static final int ROUNDS = 20;

    @TempDir Path directory;

    /// Entropy devices on request.
    private static final class HotRng implements DeviceProvider, HotPluggable {
        private Optional<DeviceSpec.Virtio> model = Optional.empty();

        @Override
        public String id() {
            return "hot-rng";
        }

        @Override
        public String summary() {
            return "entropy on request";
        }

        @Override
        public List<OptionDeclaration<?>> options() {
            return List.of();
        }

        @Override
        public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
            model = Optional.of((DeviceSpec.Virtio) new RngProvider().devices(configuration, facts).getFirst());
            return List.of();
        }

        @Override
        public Optional<Plug> plug(String tag, Object body, int number) {
            return switch (tag) {
                case "Plug" -> model.map(spec -> new Plug.Add(new DeviceSpec.Virtio(
                        "hot" + number, spec.rank(), spec.address(), spec.bootIndex(), List.of(), spec.factory())));
                case "Unplug" -> Optional.of(new Plug.Remove((Long) body));
                case "Broken" -> throw new VmmException.Config("broken");
                default -> Optional.empty();
            };
        }
    }

    private TestMachine machine() {
        return new TestMachine(directory).option("socket", directory.resolve("control").toString()).with(new HotRng());
    }

    private Object send(Object request) {
        return ControlClient.send(directory.resolve("control"), request, TestMachine.HOST);
    }

    private static CompletableFuture<Void> when(CountDownLatch running, Executable talk) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().name("client").daemon(true).start(() -> {
            try {
                running.await();
                talk.execute();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aDeviceComesAndGoesAgainAndAgain() {
        CountDownLatch running = new CountDownLatch(1);
        Semaphore gone = new Semaphore(0); // the guest looks at levels: one that comes back at once would never have gone
        long[] open = new long[2];
        CompletableFuture<Void> client = when(running, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                assertEquals(Map.of("HotPlugResponse", Map.of("bus", 1L)), send(Map.of("Plug", 0L)));
                assertTrue(String.valueOf(send(Map.of("Plug", 0L))).contains("no slot is free"));
                assertEquals("Ok", send(Map.of("Unplug", 1L)));
                assertTrue(gone.tryAcquire(1, TimeUnit.MINUTES), "the guest sees it go");
                open[round == 0 ? 0 : 1] = descriptors();
            }
            assertTrue(String.valueOf(send(Map.of("Unplug", 1L))).contains("no device"));
            assertTrue(String.valueOf(send("Broken")).contains("broken"));
            assertEquals("Ok", send("Exit"));
        });
        RunResult result = machine().run(cpu -> {
            GuestPci pci = new GuestPci(cpu, Mechanism.ECAM);
            int port = pci.find(ROOT_PORT);
            int express = pci.capability(port, EXPRESS, 0);
            running.countDown();
            for (int round = 0; round < ROUNDS; round++) {
                while ((pci.read(port, express + SLOT_STATUS, 2) & PRESENT) == 0) {
                    Thread.onSpinWait();
                }
                pci.write(port, express + SLOT_CONTROL, 2, POWER_ON);
                assertEquals(GuestVirtio.RNG, pci.identity(BEHIND));
                pci.write(BEHIND, 0x10, 4, (int) BAR);
                pci.enable(BEHIND);
                cpu.store(BAR + STATUS, 1, 3);
                assertEquals(3, cpu.load(BAR + STATUS, 1));
                while ((pci.read(port, express + SLOT_STATUS, 2) & BUTTON) == 0) {
                    Thread.onSpinWait();
                }
                pci.write(port, express + SLOT_STATUS, 2, BUTTON);
                pci.write(port, express + SLOT_CONTROL, 2, POWER_OFF);
                while ((pci.read(port, express + SLOT_STATUS, 2) & PRESENT) != 0) {
                    Thread.onSpinWait();
                }
                assertEquals(GuestPci.NONE, pci.identity(BEHIND));
                assertEquals(0xFF, cpu.load(BAR + STATUS, 1) & 0xFF, "nothing is left at its address");
                gone.release();
            }
            cpu.halt();
        });
        client.join();
        assertEquals(RunResult.EXIT, result);
        assertTrue(open[1] <= open[0] + 3, "descriptors: %d after one round, %d after %d".formatted(open[0], open[1], ROUNDS));
    }

    @Test
    void aMachineEndsWithADeviceThatIsStillPluggedIn() {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Void> client = when(running, () -> {
            assertEquals(Map.of("HotPlugResponse", Map.of("bus", 1L)), send(Map.of("Plug", 0L)));
            assertEquals("Ok", send("Exit"));
        });
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            running.countDown();
            cpu.halt();
        }));
        client.join();
    }
}
