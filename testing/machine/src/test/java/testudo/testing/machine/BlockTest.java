package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.machine.RunResult;
import testudo.testing.machine.GuestPci.Mechanism;
import testudo.testing.machine.GuestQueue.Buffer;

/// A guest that uses a disk in a real file.
@Timeout(60)
class BlockTest {
    private static final long FLUSH = 1L << 9;
    private static final long MQ = 1L << 12;
    private static final long RING = 0x40_0000;
    private static final long HEADER = 0x60_0000;
    private static final long DATA = 0x61_0000;
    private static final long STATUS = 0x60_1000;
    private static final int SECTOR = 512;
    private static final int SECTORS = 1024;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH_REQUEST = 4;

    @TempDir Path directory;

    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        byte[] content = new byte[SECTORS * SECTOR];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / SECTOR * 7 + i);
        }
        image = Files.write(directory.resolve("disk.img"), content);
    }

    private TestMachine machine(String keys) {
        return new TestMachine(directory).option("block", image + keys);
    }

    private static GuestVirtio block(GuestCpu cpu) throws InterruptedException {
        GuestVirtio block = new GuestVirtio(cpu, new GuestPci(cpu, Mechanism.ECAM), GuestVirtio.BLOCK);
        block.negotiate(GuestVirtio.VERSION_1 | FLUSH | MQ);
        return block;
    }

    private static Buffer[] chain(GuestCpu cpu, int type, long sector, int lengthBytes, int slot) {
        long header = HEADER + 16L * slot;
        cpu.memory().writeInt(header, type);
        cpu.memory().writeInt(header + 4, 0);
        cpu.memory().writeLong(header + 8, sector);
        cpu.memory().write(STATUS + slot, new byte[]{-1});
        Buffer head = new Buffer(header, 16, false);
        Buffer status = new Buffer(STATUS + slot, 1, true);
        return lengthBytes == 0
                ? new Buffer[]{head, status}
                : new Buffer[]{head, new Buffer(DATA + 4096L * slot, lengthBytes, type == READ), status};
    }

    private static int status(GuestCpu cpu, int slot) {
        return cpu.memory().read(STATUS + slot, 1)[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",multiple-workers=true"})
    void readsAndWritesReachTheFile(String keys) throws IOException {
        byte[] expected = Files.readAllBytes(image);
        byte[] written = new byte[2048];
        Arrays.fill(written, (byte) 0x5A);
        RunResult result = machine(keys).run(cpu -> {
            GuestVirtio block = block(cpu);
            GuestQueue first = block.queue(0, 16, RING);
            GuestQueue third = block.queue(2, 16, RING + 0x4000);
            block.ready();
            assertEquals(SECTORS, block.config(0, 8), "capacity");
            assertEquals(4096 + 1, first.request(chain(cpu, READ, 8, 4096, 0)));
            assertEquals(0, status(cpu, 0));
            assertArrayEquals(Arrays.copyOfRange(expected, 8 * SECTOR, 16 * SECTOR), cpu.memory().read(DATA, 4096));
            cpu.memory().write(DATA + 4096, written);
            third.request(chain(cpu, WRITE, 100, written.length, 1));
            assertEquals(0, status(cpu, 1));
            first.request(chain(cpu, FLUSH_REQUEST, 0, 0, 0));
            assertEquals(0, status(cpu, 0));
            first.request(chain(cpu, READ, SECTORS, SECTOR, 0)); // behind the end
            assertEquals(1, status(cpu, 0));
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
        System.arraycopy(written, 0, expected, 100 * SECTOR, written.length);
        assertArrayEquals(expected, Files.readAllBytes(image));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",multiple-workers=true"})
    void resetsWhileRequestsAreUnderWay(String keys) throws IOException {
        byte[] expected = Files.readAllBytes(image);
        machine(keys).run(cpu -> {
            for (int round = 0; round < 40; round++) {
                GuestVirtio block = block(cpu);
                GuestQueue[] queues = {block.queue(0, 256, RING), block.queue(1, 256, RING + 0x4000)};
                block.ready();
                for (int slot = 0; slot < 64; slot++) {
                    queues[slot % 2].offer(chain(cpu, READ, slot * 8, 4096, slot));
                    queues[slot % 2].kick();
                }
                block.reset();
                // What the device was given is the driver's again: nothing may be written after the reset.
                byte[] poison = new byte[64 * 4096];
                Arrays.fill(poison, (byte) 0xEE);
                cpu.memory().write(DATA, poison);
                byte[] used = cpu.memory().read(RING + 0x2000, 0x1000);
                byte[] usedToo = cpu.memory().read(RING + 0x6000, 0x1000);
                for (int i = 0; i < 20; i++) {
                    assertEquals(0, block.status());
                }
                assertArrayEquals(poison, cpu.memory().read(DATA, poison.length));
                assertArrayEquals(used, cpu.memory().read(RING + 0x2000, 0x1000));
                assertArrayEquals(usedToo, cpu.memory().read(RING + 0x6000, 0x1000));
            }
            GuestVirtio block = block(cpu);
            GuestQueue queue = block.queue(0, 256, RING);
            block.ready();
            assertEquals(4096 + 1, queue.request(chain(cpu, READ, 16, 4096, 0)), "works after all that");
            assertArrayEquals(Arrays.copyOfRange(expected, 16 * SECTOR, 24 * SECTOR), cpu.memory().read(DATA, 4096));
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aReadOnlyDiskRefusesWrites() throws IOException {
        byte[] expected = Files.readAllBytes(image);
        machine(",ro=true").run(cpu -> {
            GuestVirtio block = block(cpu);
            GuestQueue queue = block.queue(0, 16, RING);
            block.ready();
            queue.request(chain(cpu, WRITE, 0, SECTOR, 0));
            assertEquals(1, status(cpu, 0));
            Guest.powerOff(cpu);
        });
        assertArrayEquals(expected, Files.readAllBytes(image));
    }

    @Test
    void configurationIsTheSameInEverySize() {
        machine("").run(cpu -> {
            GuestVirtio block = block(cpu);
            long whole = block.config(0, 8);
            long parts = 0;
            for (int i = 7; i >= 0; i--) {
                parts = parts << 8 | block.config(i, 1);
            }
            assertEquals(whole, parts);
            assertEquals(whole, block.config(0, 4) | block.config(4, 4) << 32);
            block.config(0, 8, -1);
            block.config(58, 8, -1);
            block.config(0xFFF, 8, -1);
            assertEquals(whole, block.config(0, 8), "read-only");
            assertEquals(-1, block.config(56, 8), "reaches past the end");
            Guest.powerOff(cpu);
        });
    }
}
