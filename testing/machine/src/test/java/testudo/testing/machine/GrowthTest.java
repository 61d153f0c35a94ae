package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.spi.host.HostEvent;
import testudo.testing.machine.GuestPci.Mechanism;
import testudo.testing.machine.GuestQueue.Buffer;

/// Machines leave nothing behind in the process that ran them.
@Timeout(300)
class GrowthTest {
    private static final int MACHINES = 50;
    private static final long RING = 0x40_0000;
    private static final long DATA = 0x50_0000;

    @TempDir Path directory;

    private RunResult runBusyMachine(int number) {
        TestMachine machine = new TestMachine(directory)
                .option("block", directory.resolve("disk") + ",multiple-workers=" + (number % 2 == 0))
                .option("serial", "type=file,path=" + directory.resolve("console") + ",num=1")
                .option("socket", directory.resolve("control").toString());
        return machine.run(cpu -> {
            Guest.useApic(cpu);
            cpu.out(0x3F8, 1, 'x');
            GuestPci pci = new GuestPci(cpu, Mechanism.ECAM);
            GuestVirtio rng = new GuestVirtio(cpu, pci, GuestVirtio.RNG);
            rng.negotiate(GuestVirtio.VERSION_1);
            GuestQueue entropy = rng.queue(0, 8, RING);
            rng.useMsix(0, 0, 0x60, false);
            rng.ready();
            entropy.offer(new Buffer(DATA, 64, true));
            entropy.kick();
            assertEquals(0x60, cpu.halt());
            GuestVirtio block = new GuestVirtio(cpu, pci, GuestVirtio.BLOCK);
            block.negotiate(GuestVirtio.VERSION_1 | 1L << 12);
            GuestQueue disk = block.queue(3, 8, RING + 0x4000);
            block.ready();
            cpu.memory().write(DATA + 64, new byte[16]);
            disk.request(new Buffer(DATA + 64, 16, false), new Buffer(DATA + 512, 512, true), new Buffer(DATA + 80, 1, true));
            if (number % 3 == 0) {
                disk.offer(new Buffer(DATA + 64, 16, false), new Buffer(DATA + 512, 512, true), new Buffer(DATA + 80, 1, true));
                disk.kick(); // and the machine ends in the middle of it
            }
            Guest.powerOff(cpu);
        });
    }

    @Test
    void fiftyMachinesLeaveNothingBehind() throws IOException {
        Files.write(directory.resolve("disk"), new byte[1 << 20]);
        runBusyMachine(0);
        runBusyMachine(1);
        Leftovers before = Leftovers.now();
        for (int i = 0; i < MACHINES; i++) {
            assertEquals(RunResult.EXIT, runBusyMachine(i));
        }
        assertEquals(Map.of(), Leftovers.now().since(before));
        assertFalse(Files.exists(directory.resolve("control")));
        assertEquals("x".repeat(MACHINES + 2), Files.readString(directory.resolve("console")));
    }

    @Test
    void whatIsLeftBehindIsSeen() {
        Leftovers before = Leftovers.now();
        Thread thread = Thread.ofPlatform().name("forgotten").start(() -> {
            try {
                Thread.currentThread().join();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        });
        try (HostEvent event = TestMachine.HOST.events().newEvent()) {
            event.signal();
            assertEquals(
                    Map.of("thread forgotten", 1, "descriptor anon_inode:[eventfd]", 1), Leftovers.now().since(before));
        } finally {
            thread.interrupt();
        }
    }
}
