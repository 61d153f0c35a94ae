package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.core.machine.RunResult;
import testudo.testing.machine.GuestPci.Mechanism;

/// The PCI bus of a whole machine, as its guest sees it.
@Timeout(60)
class PciTest {
    private static final int HOST_BRIDGE = 0x1237_8086;
    private static final int ROOT_PORT = 0x3420_8086;
    private static final int PVPANIC = 0x0011_1B36;

    @TempDir Path directory;

    private TestMachine machineWithDisks() throws IOException {
        TestMachine machine = new TestMachine(directory);
        for (String name : List.of("a.img", "b.img")) {
            Files.write(directory.resolve(name), new byte[1 << 16]);
            machine.option("block", directory.resolve(name).toString());
        }
        return machine;
    }

    @ParameterizedTest
    @EnumSource(Mechanism.class)
    void theGuestFindsTheOrderOfCrosvm(Mechanism mechanism) throws IOException {
        List<Integer> found = new ArrayList<>();
        RunResult result = machineWithDisks().run(cpu -> {
            GuestPci pci = new GuestPci(cpu, mechanism);
            for (int device = 0; device < 32; device++) {
                if (pci.identity(device) != -1) {
                    found.add(pci.identity(device));
                }
            }
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
        assertEquals(
                List.of(HOST_BRIDGE, GuestVirtio.BLOCK, GuestVirtio.BLOCK, GuestVirtio.RNG, PVPANIC, ROOT_PORT), found);
    }

    @ParameterizedTest
    @EnumSource(Mechanism.class)
    void aDeviceThatIsLeftOutIsNotThere(Mechanism mechanism) {
        int[] found = new int[2];
        new TestMachine(directory).option("no-rng", "true").without("pvpanic").run(cpu -> {
            GuestPci pci = new GuestPci(cpu, mechanism);
            found[0] = pci.find(GuestVirtio.RNG);
            found[1] = pci.find(PVPANIC);
            Guest.powerOff(cpu);
        });
        assertEquals(GuestPci.NONE, found[0]);
        assertEquals(GuestPci.NONE, found[1]);
    }

    @ParameterizedTest
    @EnumSource(Mechanism.class)
    void theGuestSizesAndMovesABaseAddressRegister(Mechanism mechanism) {
        long[] seen = new long[7];
        new TestMachine(directory).run(cpu -> {
            GuestPci pci = new GuestPci(cpu, mechanism);
            GuestVirtio rng = new GuestVirtio(cpu, pci, GuestVirtio.RNG);
            int device = rng.device();
            long before = pci.bar0(device);
            pci.write(device, 4, 2, 0);
            pci.write(device, 0x10, 4, -1);
            seen[0] = -(pci.read(device, 0x10, 4) & ~0xF);
            long after = 0xE000_0000L;
            pci.write(device, 0x10, 4, (int) after);
            seen[1] = cpu.load(before + 0x12, 2); // decoding is off: nobody answers
            seen[2] = cpu.load(after + 0x12, 2);
            pci.enable(device);
            seen[3] = cpu.load(before + 0x12, 2);
            seen[4] = cpu.load(after + 0x12, 2);
            rng.locate();
            rng.negotiate(GuestVirtio.VERSION_1);
            GuestQueue queue = rng.queue(0, 8, 0x40_0000);
            rng.ready();
            seen[5] = queue.request(new GuestQueue.Buffer(0x50_0000, 32, true));
            seen[6] = cpu.memory().readLong(0x50_0000);
            Guest.powerOff(cpu);
        });
        assertEquals(0x8000, seen[0], "size of BAR 0");
        assertEquals(0xFFFF, seen[1]);
        assertEquals(0xFFFF, seen[2]);
        assertEquals(0xFFFF, seen[3]);
        assertEquals(1, seen[4], "number of queues at the new address");
        assertEquals(32, seen[5]);
        assertNotEquals(0, seen[6]);
    }

    @Test
    void accessesOfOddSizesAndPlacesAreAnswered() throws IOException {
        long[] seen = new long[6];
        machineWithDisks().run(cpu -> {
            GuestPci pci = new GuestPci(cpu, Mechanism.ECAM);
            GuestVirtio block = new GuestVirtio(cpu, pci, GuestVirtio.BLOCK);
            long function = GuestPci.ECAM + ((long) block.device() << 15);
            seen[0] = cpu.load(function + 1, 2); // across a register's bytes
            seen[1] = cpu.load(function + 0xFFE, 4); // across the function's end
            seen[2] = cpu.load(function, 8);
            cpu.store(function + 0xFFF, 4, -1);
            cpu.store(function, 8, -1);
            cpu.out(0xCF8, 4, 1 << 31 | block.device() << 11);
            seen[3] = cpu.in(0xCFE, 4); // across the data register's end
            seen[4] = block.config(59, 1);
            seen[5] = block.config(57, 4); // the last byte of the access is behind the configuration
            for (int size = 1; size <= 8; size *= 2) {
                for (int offset = 0; offset < 0x8000; offset += 509) {
                    cpu.load(pci.bar0(block.device()) + offset, size);
                    cpu.store(pci.bar0(block.device()) + offset, size, -1);
                }
            }
            block.reset();
            Guest.powerOff(cpu);
        });
        assertEquals(0x421A, seen[0]);
        assertEquals(0xFFFF_FFFFL, seen[1]);
        assertEquals(-1, seen[2]);
        assertEquals(0xFFFF_1042, (int) seen[3], "two bytes of the register, then nobody");
        assertEquals(0, seen[4]);
        assertEquals(0xFFFF_FFFFL, seen[5]);
    }
}
