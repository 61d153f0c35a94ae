package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.spi.x86.X86BootState;

/// Several vCPUs whose interrupt controllers are all outside of the hypervisor: they are started, interrupted and reset by each other.
@Timeout(60)
class ProcessorsTest {
    private static final long COMMAND = Guest.LAPIC + 0x300;
    private static final int INIT = 0x4500;
    private static final int STARTUP = 0x4600;
    private static final int FIXED = 0x4000;
    private static final int VECTOR = 0x41;
    private static final long STARTED = 0x50_0000;
    private static final long HEARD = 0x50_1000;

    @TempDir Path directory;

    private static void send(GuestCpu cpu, int to, int command) throws InterruptedException {
        cpu.store(COMMAND + 0x10, 4, (long) to << 24);
        cpu.store(COMMAND, 4, command);
    }

    private static void await(GuestCpu cpu, long gpa, int value) throws InterruptedException {
        while (cpu.memory().readInt(gpa) != value) {
            assertEquals(-1, cpu.poll());
        }
    }

    /// Says where it was started, then what interrupts it got.
    private static void secondary(GuestCpu cpu) throws InterruptedException {
        X86BootState.Entry entry = ((X86BootState) cpu.bootState()).entry().orElseThrow();
        assertEquals(0, entry.rip());
        assertEquals(entry.system().cs().base(), (long) entry.system().cs().selector() << 4, "real mode");
        assertEquals(0, entry.system().cr0() & 1);
        Guest.useApic(cpu);
        cpu.memory().writeInt(STARTED + 4L * cpu.index(), (int) entry.system().cs().base());
        for (int heard = 1;; heard++) {
            assertEquals(VECTOR, cpu.halt());
            Guest.endOfInterrupt(cpu);
            cpu.memory().writeInt(HEARD + 4L * cpu.index(), heard);
        }
    }

    @Test
    void startInterruptAndStartAgain() {
        RunResult result = new TestMachine(directory).option("cpus", "3").run(cpu -> {
            if (cpu.index() > 0) {
                secondary(cpu);
                return;
            }
            Guest.useApic(cpu);
            for (int turn = 0; turn < 100; turn++) {
                assertEquals(-1, cpu.poll());
            }
            assertEquals(0, cpu.memory().readInt(STARTED + 4), "waits for its start");
            for (int other = 1; other < 3; other++) {
                send(cpu, other, INIT);
                send(cpu, other, STARTUP | 0x90 + other);
                await(cpu, STARTED + 4L * other, 0x9_0000 + 0x1000 * other);
                send(cpu, other, STARTUP | 0x55); // the second one of the protocol: it runs already
            }
            for (int i = 1; i <= 20; i++) {
                send(cpu, 1, FIXED | VECTOR);
                await(cpu, HEARD + 4, i);
            }
            assertEquals(0, cpu.memory().readInt(HEARD + 8), "not for this one");
            send(cpu, 1, INIT);
            send(cpu, 1, STARTUP | 0x07);
            await(cpu, STARTED + 4, 0x7000);
            send(cpu, 1, FIXED | VECTOR);
            await(cpu, HEARD + 4, 1);
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
    }
}
