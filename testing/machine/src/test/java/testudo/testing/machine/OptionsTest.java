package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.control.ControlClient;
import testudo.core.machine.RunResult;
import testudo.plugin.fwcfg.FwCfgProvider;
import testudo.plugin.rtc.cmos.CmosProvider;
import testudo.plugin.virtio.console.ConsoleProvider;
import testudo.spi.VmmException;
import testudo.testing.machine.GuestPci.Mechanism;

/// What options of the command line do to a whole machine.
@Timeout(60)
class OptionsTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 64;
    private static final int CONSOLE = 0x1043_1AF4;
    private static final int ROOT_PORT = 0x3420_8086;

    @TempDir Path directory;

    private Path disk() throws IOException {
        return Files.write(directory.resolve("disk.img"), new byte[SECTORS * SECTOR]);
    }

    private TestMachine machine() {
        return new TestMachine(directory);
    }

    private static GuestPci pci(GuestCpu cpu) {
        return new GuestPci(cpu, Mechanism.PORTS);
    }

    @Test
    void aLockedDiskIsForOneMachine() throws IOException {
        Path disk = disk();
        RunResult result = machine().option("block", "path=" + disk).run(cpu -> {
            VmmException.Config refused = assertThrows(
                    VmmException.Config.class, () -> machine().option("block", "path=" + disk).run(Guest::powerOff));
            assertTrue(refused.getMessage().contains("cannot lock"), refused.getMessage());
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
        assertEquals(RunResult.EXIT, machine().option("block", "path=" + disk).run(Guest::powerOff), "it is free again");
    }

    @Test
    void aDiskThatIsNotLockedIsShared() throws IOException {
        Path disk = disk();
        RunResult result = machine().option("block", "path=" + disk + ",lock=false").run(cpu -> {
            assertEquals(RunResult.EXIT, machine().option("block", "path=" + disk).run(Guest::powerOff));
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void readersShareALockedDisk() throws IOException {
        Path disk = disk();
        RunResult result = machine().option("block", "path=" + disk + ",ro=true").run(cpu -> {
            assertEquals(RunResult.EXIT, machine().option("block", "path=" + disk + ",ro=true").run(Guest::powerOff));
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void devicesAreAtTheAddressesThatWereAskedFor() throws IOException {
        Path disk = disk();
        RunResult result = machine().with(new ConsoleProvider())
                .option("block", "path=" + disk + ",pci-address=00:0b.0")
                .option("serial", "type=sink,hardware=virtio-console,pci-address=00:13.0,num=1")
                .run(cpu -> {
                    assertEquals(0x0B, pci(cpu).find(GuestVirtio.BLOCK));
                    assertEquals(0x13, pci(cpu).find(CONSOLE));
                    assertEquals(1, pci(cpu).find(GuestVirtio.RNG), "the others are where they always are");
                    Guest.powerOff(cpu);
                });
        assertEquals(RunResult.EXIT, result);
    }

    @Test
    void anAddressIsForOneDevice() throws IOException {
        Path disk = disk();
        VmmException.Config refused = assertThrows(VmmException.Config.class, () -> machine().with(new ConsoleProvider())
                .option("block", "path=" + disk + ",pci-address=00:0b.0")
                .option("serial", "type=sink,hardware=virtio-console,pci-address=00:0b.0,num=1")
                .run(Guest::powerOff));
        assertTrue(refused.getMessage().contains("00:0b.0"), refused.getMessage());
    }

    @Test
    void aDiskGrowsWhileTheGuestRuns() throws IOException {
        Path disk = disk();
        Path socket = directory.resolve("control");
        CountDownLatch ready = new CountDownLatch(1);
        CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> {
            try {
                ready.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            Map<String, Object> resize = Map.of("Resize", Map.of("new_size", 2L * SECTORS * SECTOR));
            return ControlClient.send(socket, Map.of("DiskCommand", Map.of("disk_index", 0L, "command", resize)), TestMachine.HOST);
        });
        machine().option("block", "path=" + disk).option("socket", socket.toString()).run(cpu -> {
            GuestVirtio block = new GuestVirtio(cpu, pci(cpu), GuestVirtio.BLOCK);
            block.negotiate(GuestVirtio.VERSION_1);
            block.queue(0, 16, 0x40_0000);
            block.ready();
            assertEquals(SECTORS, block.config(0, 8));
            ready.countDown();
            while (block.isr() != 2) { // configuration has changed
                cpu.poll(); // also takes the interrupt, which may come between the two
            }
            assertEquals(2 * SECTORS, block.config(0, 8));
            assertEquals("Ok", answer.join());
            Guest.powerOff(cpu);
        });
        assertEquals(2L * SECTORS * SECTOR, Files.size(disk));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void asManyRootPortsAsWereAskedFor(int ports) {
        machine().option("pci-hotplug-slots", Integer.toString(ports)).run(cpu -> {
            int found = 0;
            for (int device = 0; device < 32; device++) {
                found += pci(cpu).identity(device) == ROOT_PORT ? 1 : 0;
            }
            assertEquals(ports, found);
            Guest.powerOff(cpu);
        });
    }

    @Test
    void theKeyboardControllerCanBeLeftOut() {
        assertEquals(RunResult.RESET, machine().run(cpu -> cpu.out(0x64, 1, 0xFE)));
        assertEquals(RunResult.EXIT, machine().option("no-i8042", "true").run(cpu -> {
            assertEquals(0xFF, cpu.in(0x64, 1) & 0xFF);
            cpu.out(0x64, 1, 0xFE);
            Guest.powerOff(cpu);
        }));
    }

    private static int clock(GuestCpu cpu) throws InterruptedException {
        cpu.out(0x70, 1, 0x0D); // status register D: bit 7, the time is valid
        return cpu.in(0x71, 1) & 0xFF;
    }

    @Test
    void theClockCanBeLeftOut() {
        machine().with(new CmosProvider()).run(cpu -> {
            assertEquals(0x80, clock(cpu));
            Guest.powerOff(cpu);
        });
        machine().with(new CmosProvider()).option("no-rtc", "true").run(cpu -> {
            assertEquals(0xFF, clock(cpu));
            Guest.powerOff(cpu);
        });
    }

    private static String firmwareBytes(GuestCpu cpu, int selector, int count) throws InterruptedException {
        cpu.out(0x510, 2, selector);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append((char) (cpu.in(0x511, 1) & 0xFF));
        }
        return text.toString();
    }

    @Test
    void theFirmwareConfigurationIsThereWhenAskedFor() {
        machine().with(new FwCfgProvider()).run(cpu -> {
            assertNotEquals("QEMU", firmwareBytes(cpu, 0, 4));
            Guest.powerOff(cpu);
        });
        machine().with(new FwCfgProvider()).option("enable-fw-cfg", "true").run(cpu -> {
            assertEquals("QEMU", firmwareBytes(cpu, 0, 4));
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aStringReachesTheGuestAsAFirmwareFile() {
        machine().with(new FwCfgProvider()).option("fw-cfg", "name=opt/org.example/key,string=the value").run(cpu -> {
            String files = firmwareBytes(cpu, 0x19, 512);
            int at = files.indexOf("opt/org.example/key\0");
            assertTrue(at >= 0, "listed");
            byte[] entry = files.substring(at - 8, at).getBytes(StandardCharsets.ISO_8859_1);
            assertEquals(9, entry[3], "its size");
            assertEquals("the value", firmwareBytes(cpu, entry[4] << 8 | entry[5] & 0xFF, 9));
            Guest.powerOff(cpu);
        });
    }
}
