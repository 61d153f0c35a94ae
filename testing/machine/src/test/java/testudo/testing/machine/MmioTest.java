package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.testing.machine.GuestQueue.Buffer;

/// A guest that finds its virtio devices in the ACPI tables, behind memory-mapped registers.
@Timeout(60)
class MmioTest {
    private static final long TABLES = 0xE_0000;
    private static final int TABLES_BYTES = 0x2_0000;
    private static final long RING = 0x40_0000;
    private static final long DATA = 0x50_0000;
    private static final int BYTES = 256;
    private static final int VECTOR = 0x61;
    private static final int RNG = 4;

    @TempDir Path directory;

    /// A device that the tables announce.
    private record Node(long registers, int pin) {}

    /// The nodes with the identity that Linux knows for virtio over MMIO.
    private static List<Node> nodes(GuestCpu cpu) {
        byte[] tables = cpu.memory().read(TABLES, TABLES_BYTES);
        String text = new String(tables, StandardCharsets.ISO_8859_1);
        ByteBuffer bytes = ByteBuffer.wrap(tables).order(ByteOrder.LITTLE_ENDIAN);
        List<Node> nodes = new ArrayList<>();
        for (int at = text.indexOf("LNRO0005"); at >= 0; at = text.indexOf("LNRO0005", at + 1)) {
            int memory = text.indexOf("\u0086\u0009\0\u0001", at); // a fixed 32-bit range
            int interrupt = text.indexOf("\u0089\u0006\0\u0009\u0001", at); // level, active high, shared
            assertEquals(0x1000, bytes.getInt(memory + 8));
            nodes.add(new Node(Integer.toUnsignedLong(bytes.getInt(memory + 4)), bytes.getInt(interrupt + 5)));
        }
        return nodes;
    }

    private static GuestQueue bringUp(GuestCpu cpu, Node node) throws InterruptedException {
        long at = node.registers();
        assertEquals(0x74726976, cpu.load(at, 4));
        assertEquals(2, cpu.load(at + 4, 4));
        cpu.store(at + 0x70, 4, 0);
        cpu.store(at + 0x70, 4, 3);
        cpu.store(at + 0x24, 4, 1);
        cpu.store(at + 0x20, 4, 1); // VIRTIO_F_VERSION_1
        cpu.store(at + 0x70, 4, 11);
        assertEquals(11, cpu.load(at + 0x70, 4));
        GuestQueue queue = new GuestQueue(cpu, 0, 8, RING);
        cpu.store(at + 0x30, 4, 0);
        assertTrue(cpu.load(at + 0x34, 4) >= 8);
        cpu.store(at + 0x38, 4, 8);
        cpu.store(at + 0x80, 4, queue.descriptors());
        cpu.store(at + 0x90, 4, queue.available());
        cpu.store(at + 0xA0, 4, queue.used());
        cpu.store(at + 0x44, 4, 1);
        cpu.store(at + 0x70, 4, 15);
        return queue;
    }

    @Test
    void theTablesAnnounceTheDeviceAndItInterrupts() {
        RunResult result = new TestMachine(directory).option("virtio-transport", "mmio").run(cpu -> {
            Node node = nodes(cpu).getFirst();
            assertEquals(RNG, cpu.load(node.registers() + 8, 4));
            Guest.useApic(cpu);
            Guest.route(cpu, node.pin(), VECTOR | Guest.LEVEL);
            GuestQueue queue = bringUp(cpu, node);
            for (int i = 0; i < 50; i++) {
                queue.offer(new Buffer(DATA, BYTES, true));
                cpu.store(node.registers() + 0x50, 4, 0);
                assertEquals(VECTOR, cpu.halt());
                assertEquals(1, cpu.load(node.registers() + 0x60, 4));
                cpu.store(node.registers() + 0x64, 4, 1);
                Guest.endOfInterrupt(cpu);
                assertEquals(BYTES, queue.take());
                assertEquals(-1, cpu.poll(), "the pin is low");
            }
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void aDeviceWithAnAddressStaysOnPci() throws Exception {
        Path disk = directory.resolve("disk");
        Files.write(disk, new byte[4096]);
        new TestMachine(directory)
                .option("virtio-transport", "mmio")
                .option("block", "path=" + disk + ",pci-address=00:07.0")
                .run(cpu -> {
                    assertEquals(1, nodes(cpu).size());
                    GuestPci pci = new GuestPci(cpu, GuestPci.Mechanism.PORTS);
                    assertEquals(GuestPci.NONE, pci.find(GuestVirtio.RNG));
                    assertEquals(7, pci.find(GuestVirtio.BLOCK));
                    Guest.powerOff(cpu);
                });
    }

    @Test
    void withoutTheOptionThereAreNoSuchNodes() {
        new TestMachine(directory).run(cpu -> {
            assertTrue(nodes(cpu).isEmpty());
            assertFalse(new GuestPci(cpu, GuestPci.Mechanism.PORTS).find(GuestVirtio.RNG) == GuestPci.NONE);
            Guest.powerOff(cpu);
        });
    }
}
