package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.testing.machine.GuestPci.Mechanism;
import testudo.testing.machine.GuestQueue.Buffer;

/// A guest that gets entropy, with every way to be interrupted.
@Timeout(60)
class RngTest {
    private static final long RING = 0x40_0000;
    private static final long DATA = 0x50_0000;
    private static final int BYTES = 256;
    private static final int VECTOR = 0x51;

    @TempDir Path directory;

    private static GuestVirtio rng(GuestCpu cpu) throws InterruptedException {
        GuestVirtio rng = new GuestVirtio(cpu, new GuestPci(cpu, Mechanism.PORTS), GuestVirtio.RNG);
        rng.negotiate(GuestVirtio.VERSION_1);
        return rng;
    }

    private static void assertRandom(byte[] bytes) {
        int distinct = (int) new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).chars().distinct().count();
        assertTrue(distinct > 64, "%d different bytes of %d".formatted(distinct, bytes.length));
    }

    @Test
    void byPolling() {
        RunResult result = new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            for (int i = 0; i < 100; i++) { // wraps the ring often
                assertEquals(BYTES, queue.request(new Buffer(DATA + i * BYTES, BYTES, true)));
                assertRandom(cpu.memory().read(DATA + i * BYTES, BYTES));
            }
            assertArrayEquals(new byte[16], cpu.memory().read(DATA + 100 * BYTES, 16));
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void aChainThatWasOfferedBeforeDriverOkIsServed() {
        new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            GuestQueue queue = rng.queue(0, 8, RING);
            queue.offer(new Buffer(DATA, BYTES, true));
            rng.ready();
            assertEquals(BYTES, queue.await());
            Guest.powerOff(cpu);
        });
    }

    @Test
    void byMessage() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.useMsix(0, 1, VECTOR, false);
            rng.ready();
            for (int i = 0; i < 50; i++) {
                queue.offer(new Buffer(DATA, BYTES, true));
                queue.kick();
                assertEquals(VECTOR, cpu.halt());
                Guest.endOfInterrupt(cpu);
                assertEquals(BYTES, queue.take());
                assertEquals(0, rng.isr(), "messages leave the interrupt status alone");
            }
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aMaskedMessageWaitsUntilItIsUnmasked() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.useMsix(0, 1, VECTOR, true);
            rng.ready();
            queue.offer(new Buffer(DATA, BYTES, true));
            queue.kick();
            while (!rng.pending(1)) {
                assertEquals(-1, cpu.poll(), "delivered in spite of the mask");
            }
            assertEquals(BYTES, queue.take());
            assertEquals(-1, cpu.poll());
            rng.writeEntry(1, VECTOR, false);
            assertEquals(VECTOR, cpu.halt());
            assertFalse(rng.pending(1));
            Guest.endOfInterrupt(cpu);
            assertEquals(-1, cpu.poll(), "delivered twice");
            Guest.powerOff(cpu);
        });
    }

    @Test
    void byPin() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            int pin = new GuestPci(cpu, Mechanism.ECAM).read(rng.device(), 0x3C, 1);
            Guest.route(cpu, pin, VECTOR | Guest.LEVEL);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            for (int i = 0; i < 50; i++) {
                queue.offer(new Buffer(DATA, BYTES, true));
                queue.kick();
                assertEquals(VECTOR, cpu.halt());
                assertEquals(1, rng.isr(), "reading takes the reason and lowers the pin");
                Guest.endOfInterrupt(cpu);
                assertEquals(BYTES, queue.take());
                assertEquals(-1, cpu.poll(), "the pin is low");
            }
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aPinThatIsNotServedInterruptsAgain() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            int pin = new GuestPci(cpu, Mechanism.ECAM).read(rng.device(), 0x3C, 1);
            Guest.route(cpu, pin, VECTOR | Guest.LEVEL);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            queue.offer(new Buffer(DATA, BYTES, true));
            queue.kick();
            assertEquals(VECTOR, cpu.halt());
            Guest.endOfInterrupt(cpu);
            assertEquals(VECTOR, cpu.halt(), "still high");
            rng.isr();
            Guest.endOfInterrupt(cpu);
            assertEquals(-1, cpu.poll());
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aMaskedPinWaitsUntilItIsUnmasked() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            int pin = new GuestPci(cpu, Mechanism.ECAM).read(rng.device(), 0x3C, 1);
            Guest.route(cpu, pin, VECTOR | Guest.LEVEL | Guest.MASKED);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            queue.offer(new Buffer(DATA, BYTES, true));
            queue.kick();
            long written = queue.take();
            while (written < 0) {
                assertEquals(-1, cpu.poll());
                written = queue.take();
            }
            Guest.route(cpu, pin, VECTOR | Guest.LEVEL);
            assertEquals(VECTOR, cpu.halt());
            Guest.powerOff(cpu);
        });
    }

    @Test
    void theCommandRegisterSwitchesThePinOff() {
        new TestMachine(directory).run(cpu -> {
            Guest.useApic(cpu);
            GuestVirtio rng = rng(cpu);
            GuestPci pci = new GuestPci(cpu, Mechanism.ECAM);
            Guest.route(cpu, pci.read(rng.device(), 0x3C, 1), VECTOR | Guest.LEVEL);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            queue.offer(new Buffer(DATA, BYTES, true));
            queue.kick();
            assertEquals(VECTOR, cpu.halt());
            pci.write(rng.device(), 4, 2, 0x406);
            Guest.endOfInterrupt(cpu);
            assertEquals(-1, cpu.poll(), "the pin is off, although nobody took the reason");
            pci.write(rng.device(), 4, 2, 0x006);
            assertEquals(VECTOR, cpu.halt(), "on again, and the reason is still there");
            Guest.powerOff(cpu);
        });
    }

    @Test
    void queueRegistersAreFrozenWhileTheDeviceIsLive() {
        new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            rng.common(GuestVirtio.QUEUE_SELECT, 2, 0);
            rng.common(GuestVirtio.QUEUE_SIZE, 2, 4);
            rng.common(GuestVirtio.QUEUE_DESC, 4, 0x1234_0000);
            rng.common(GuestVirtio.QUEUE_ENABLE, 2, 0);
            assertEquals(8, rng.common(GuestVirtio.QUEUE_SIZE, 2));
            assertEquals(RING, rng.common(GuestVirtio.QUEUE_DESC, 8));
            assertEquals(1, rng.common(GuestVirtio.QUEUE_ENABLE, 2));
            assertEquals(BYTES, queue.request(new Buffer(DATA, BYTES, true)));
            rng.reset();
            assertEquals(256, rng.common(GuestVirtio.QUEUE_SIZE, 2));
            assertEquals(0, rng.common(GuestVirtio.QUEUE_ENABLE, 2));
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aBrokenRingAsksForAResetAndWorksAfterIt() {
        new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            GuestQueue broken = rng.queue(0, 8, RING);
            rng.ready();
            broken.write(0, new Buffer(DATA, BYTES, true), 0); // a chain that is a circle
            broken.publish(0);
            broken.kick();
            while ((rng.status() & GuestVirtio.NEEDS_RESET) == 0) {
                cpu.poll();
            }
            assertEquals(-1, broken.take());
            rng.negotiate(GuestVirtio.VERSION_1);
            GuestQueue queue = rng.queue(0, 8, RING);
            rng.ready();
            assertEquals(BYTES, queue.request(new Buffer(DATA, BYTES, true)));
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aQueueOutsideOfMemoryAsksForAReset() {
        RunResult result = new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            rng.common(GuestVirtio.QUEUE_SELECT, 2, 0);
            rng.common(GuestVirtio.QUEUE_DESC, 4, 0xFFFF_F000L);
            rng.common(GuestVirtio.QUEUE_DESC + 4, 4, 0x7FFF_FFFF);
            rng.common(GuestVirtio.QUEUE_ENABLE, 2, 1);
            rng.ready();
            while ((rng.status() & GuestVirtio.NEEDS_RESET) == 0) {
                cpu.poll();
            }
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void featuresThatWereNotOfferedAreRefused() {
        new TestMachine(directory).run(cpu -> {
            GuestVirtio rng = rng(cpu);
            rng.reset();
            rng.status(GuestVirtio.ACKNOWLEDGE | GuestVirtio.DRIVER);
            rng.common(0x08, 4, 1);
            rng.common(0x0C, 4, 1 | 1 << 30);
            rng.status(GuestVirtio.ACKNOWLEDGE | GuestVirtio.DRIVER | GuestVirtio.FEATURES_OK);
            assertEquals(GuestVirtio.ACKNOWLEDGE | GuestVirtio.DRIVER, rng.status());
            Guest.powerOff(cpu);
        });
    }
}
