package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// How the guest ended is the product's exit code, when `--extended-status` asks for it.
class ExitCodeTest extends OnProduct {
    private static final RunOptions PLAIN = RunOptions.of(Kernel.CLOUD_6_12);
    private static final RunOptions EXTENDED = PLAIN.withExtendedStatus();
    private static final String PANIC = "echo c > /proc/sysrq-trigger";

    @Test
    void poweroffIsSuccess() throws Exception {
        assertEquals(0, boot(EXTENDED).end("poweroff -f"));
    }

    @Test
    void rebootIs32() throws Exception {
        assertEquals(32, boot(EXTENDED).end("reboot -f"));
    }

    @Test
    void panicIs34() throws Exception {
        assertEquals(34, boot(EXTENDED).end(PANIC));
    }

    @Test
    void rebootIsSuccessUnlessAskedFor() throws Exception {
        assertEquals(0, boot(PLAIN).end("reboot -f"));
    }

    @Test
    void panicIsSuccessUnlessAskedFor() throws Exception {
        assertEquals(0, boot(PLAIN).end(PANIC));
    }

    @Test
    void stopCommandIsSuccess() throws Exception {
        Guest guest = boot(EXTENDED);
        assertEquals(0, client("stop").exitCode());
        assertEquals(0, guest.monitor().awaitExit(Duration.ofMinutes(2)));
    }

    @Test
    void stopCommandFailsWithoutAMachine() throws Exception {
        outer.exec("rm -f " + RunOptions.SOCKET);
        assertEquals(1, client("stop").exitCode());
    }
}
