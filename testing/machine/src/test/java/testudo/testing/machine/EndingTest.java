package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.testing.machine.GuestPci.Mechanism;

/// Every way a machine ends, and what it leaves behind.
@Timeout(60)
class EndingTest {
    private static final int PVPANIC = 0x0011_1B36;
    private static final int COM1 = 0x3F8;

    @TempDir Path directory;

    private TestMachine machine() {
        return new TestMachine(directory);
    }

    private static void panic(GuestCpu cpu) throws InterruptedException {
        GuestPci pci = new GuestPci(cpu, Mechanism.PORTS);
        int device = pci.find(PVPANIC);
        pci.enable(device);
        cpu.store(pci.bar0(device), 1, 1);
    }

    @Test
    void powerOff() {
        assertEquals(RunResult.EXIT, machine().run(Guest::powerOff));
    }

    @Test
    void resetByPort() {
        assertEquals(RunResult.RESET, machine().run(cpu -> {
            cpu.out(0xCF9, 1, 2);
            cpu.out(0xCF9, 1, 6);
        }));
    }

    @Test
    void resetByKeyboardController() {
        assertEquals(RunResult.RESET, machine().run(cpu -> cpu.out(0x64, 1, 0xFE)));
    }

    @Test
    void aPanicIsRememberedUntilTheEnd() {
        assertEquals(RunResult.PANIC, machine().run(cpu -> {
            panic(cpu);
            cpu.out(0xCF9, 1, 6);
        }));
    }

    @Test
    void aPanicAloneEndsNothing() {
        CountDownLatch later = new CountDownLatch(1);
        assertEquals(RunResult.PANIC, machine().run(cpu -> {
            panic(cpu);
            for (int i = 0; i < 1000; i++) {
                cpu.in(0x80, 1);
            }
            later.countDown();
            Guest.powerOff(cpu);
        }));
        assertEquals(0, later.getCount());
    }

    @Test
    void tripleFault() {
        assertEquals(RunResult.CRASH, machine().run(GuestCpu::shutDown));
    }

    @Test
    void aGuestThatTheHypervisorCannotRun() {
        AssertionError error = assertThrows(AssertionError.class, () -> machine().run(cpu -> {
            throw new IllegalStateException("on purpose");
        }));
        assertEquals("on purpose", error.getCause().getMessage());
    }

    @Test
    void theGuestDoesNotRunOnAfterItsEnd() throws IOException {
        Path output = directory.resolve("console");
        for (int round = 0; round < 20; round++) {
            assertEquals(RunResult.EXIT, machine().option("serial", "type=file,path=" + output + ",num=1").run(cpu -> {
                write(cpu, "before");
                Guest.powerOff(cpu);
                while (true) {
                    write(cpu, "after");
                }
            }));
        }
        assertEquals("before".repeat(20), Files.readString(output));
    }

    @Test
    void serialOutputReachesItsFile() throws IOException {
        Path output = directory.resolve("console");
        String text = "hello, wörld\n".repeat(100);
        machine().option("serial", "type=file,path=" + output + ",num=1").run(cpu -> {
            write(cpu, text);
            Guest.powerOff(cpu);
        });
        assertEquals(text, Files.readString(output));
    }

    private static void write(GuestCpu cpu, String text) throws InterruptedException {
        for (byte character : text.getBytes(StandardCharsets.UTF_8)) {
            while ((cpu.in(COM1 + 5, 1) & 0x20) == 0) {
                cpu.poll();
            }
            cpu.out(COM1, 1, character & 0xFF);
        }
    }

    @Test
    void theKernelIsInMemory() {
        byte[] found = new byte[4];
        machine().run(cpu -> {
            System.arraycopy(cpu.memory().read(KernelFile.GPA, found.length), 0, found, 0, found.length);
            Guest.powerOff(cpu);
        });
        assertTrue(found[0] == 1 && found[1] == 2 && found[2] == 3 && found[3] == 4);
    }

    @Test
    void aHaltedGuestCanBeStopped() {
        Thread machine = Thread.currentThread();
        assertEquals(RunResult.EXIT, machine().run(cpu -> {
            machine.interrupt();
            cpu.halt();
        }));
        assertTrue(Thread.interrupted());
    }
}
