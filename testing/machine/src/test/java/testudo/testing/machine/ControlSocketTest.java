package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.control.ControlClient;
import testudo.core.machine.RunResult;
import testudo.spi.VmmException;

/// A running machine's control socket.
@Timeout(120)
class ControlSocketTest {
    private static final int SCI = 5;
    private static final int VECTOR = 0x71;
    private static final int PM1_STATUS = 0xC000;
    private static final int PM1_ENABLE = 0xC002;
    private static final int POWER_BUTTON = 1 << 8;
    private static final long UNSUPPORTED = 95;

    @TempDir Path directory;

    private Path socket() {
        return directory.resolve("control");
    }

    private TestMachine machine() {
        return new TestMachine(directory).option("socket", socket().toString());
    }

    private Object send(Object request) {
        return ControlClient.send(socket(), request, TestMachine.HOST);
    }

    /// A thread that talks to the machine once its guest runs.
    private static CompletableFuture<Void> when(CountDownLatch running, Runnable talk) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().name("client").daemon(true).start(() -> {
            try {
                running.await();
                talk.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    @Test
    void stopIsAnsweredBeforeTheMachineIsGone() {
        for (int round = 0; round < 30; round++) {
            CountDownLatch running = new CountDownLatch(1);
            AtomicReference<Object> answer = new AtomicReference<>();
            CompletableFuture<Void> client = when(running, () -> answer.set(send("Exit")));
            assertEquals(RunResult.EXIT, machine().run(cpu -> {
                running.countDown();
                cpu.halt();
            }));
            client.join();
            assertEquals("Ok", answer.get());
            assertFalse(Files.exists(socket()));
        }
    }

    @Test
    void stopEndsAGuestThatNeverHalts() {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Void> client = when(running, () -> send("Exit"));
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            running.countDown();
            while (true) {
                cpu.in(0x80, 1);
            }
        }));
        client.join();
    }

    @Test
    void whatNobodyKnowsIsRefusedAndTheGuestGoesOn() {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Void> client = when(running, () -> {
            assertEquals(Map.of("Err", UNSUPPORTED), send("Fly"));
            assertEquals(Map.of("Err", UNSUPPORTED), send(Map.of("Fly", Map.of("height", 3L))));
            assertTrue(((Map<?, ?>) send(7L)).containsKey("ErrString"));
            assertTrue(((Map<?, ?>) send(Map.of("a", 1L, "b", 2L))).containsKey("ErrString"));
            assertEquals("Ok", send("Exit"));
        });
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            running.countDown();
            cpu.halt();
        }));
        client.join();
    }

    @Test
    void thePowerButtonInterruptsTheGuest() {
        CountDownLatch armed = new CountDownLatch(1);
        CompletableFuture<Void> client = when(armed, () -> assertEquals("Ok", send("Powerbtn")));
        int[] seen = new int[2];
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            Guest.useApic(cpu);
            Guest.route(cpu, SCI, VECTOR | Guest.LEVEL);
            cpu.out(PM1_ENABLE, 2, POWER_BUTTON);
            armed.countDown();
            seen[0] = cpu.halt();
            seen[1] = cpu.in(PM1_STATUS, 2);
            cpu.out(PM1_STATUS, 2, POWER_BUTTON);
            Guest.endOfInterrupt(cpu);
            assertEquals(-1, cpu.poll(), "the pin is low again");
            client.join(); // its answer, before the machine goes
            Guest.powerOff(cpu);
        }));
        assertEquals(VECTOR, seen[0]);
        assertEquals(POWER_BUTTON, seen[1]);
    }

    @Test
    void aSocketThatIsTakenLeavesNoMachineBehind() {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Void> second = when(running, () -> {
            VmmException.Host failure = assertThrows(VmmException.Host.class, () -> machine().run(GuestCpu::halt));
            assertTrue(failure.getMessage().contains(socket().toString()), failure.getMessage());
            assertEquals("Ok", send("Exit")); // reaches the first
        });
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            running.countDown();
            cpu.halt();
        }));
        second.join();
        assertFalse(Files.exists(socket()));
    }

    @Test
    void theSocketGoesWithTheMachineHoweverItEnds() {
        assertEquals(RunResult.CRASH, machine().run(GuestCpu::shutDown));
        assertFalse(Files.exists(socket()));
        assertEquals(RunResult.RESET, machine().run(cpu -> cpu.out(0xCF9, 1, 6)));
        assertFalse(Files.exists(socket()));
        assertThrows(VmmException.Host.class, () -> send("Exit"));
    }
}
