package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// How the guest ended is the product's exit code, when `--extended-status` asks for it.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class ExitCodeTest extends OnProduct {
    private static final String PANIC = "echo c > /proc/sysrq-trigger";

    @Test
    void poweroffIsSuccess() throws Exception {
        assertEquals(0, boot(machine().withExtendedStatus()).end("poweroff -f"));
    }

    @Test
    void rebootIs32() throws Exception {
        assertEquals(32, boot(machine().withExtendedStatus()).end("reboot -f"));
    }

    @Test
    void panicIs34() throws Exception {
        assertEquals(34, boot(machine().withExtendedStatus()).end(PANIC));
    }

    @Test
    void rebootIsSuccessUnlessAskedFor() throws Exception {
        assertEquals(0, boot(machine()).end("reboot -f"));
    }

    @Test
    void panicIsSuccessUnlessAskedFor() throws Exception {
        assertEquals(0, boot(machine()).end(PANIC));
    }

    @Test
    void stopCommandIsSuccess() throws Exception {
        Guest guest = boot(machine().withExtendedStatus());
        assertEquals(0, client("stop").exitCode());
        assertEquals(0, guest.monitor().awaitExit(Duration.ofMinutes(2)));
    }

    @Test
    void stopCommandFailsWithoutAMachine() throws Exception {
        host.exec("rm -f " + RunOptions.socket(host));
        assertEquals(1, client("stop").exitCode());
    }
}
