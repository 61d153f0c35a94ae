package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A guest that reboots again and again. The product ends with each reboot and is started anew, as its users' scripts do; what it leaves
/// behind on the host must not grow.
class RebootTest extends OnProduct {
    /// Files, sockets, shared memory and programs of the host that the product could leave. Kernel threads have no program.
    private List<String> leftovers() throws Exception {
        return host.exec("ls -1 /tmp /dev/shm /run 2>/dev/null | sort; readlink /proc/[0-9]*/exe | sort | uniq -c")
                .orFail("looking for what was left behind")
                .stdout()
                .lines()
                .toList();
    }

    private long sharedKibibytes() throws Exception {
        return Long.parseLong(host.exec("awk '/^Shmem:/ { print $2 }' /proc/meminfo").orFail("reading meminfo").stdout().strip());
    }

    private void rebootAndLookAround(int times) throws Exception {
        assertEquals(32, boot(machine().withExtendedStatus()).end("reboot -f"));
        List<String> before = leftovers();
        long shared = sharedKibibytes();
        for (int i = 0; i < times; i++) {
            assertEquals(32, boot(machine().withExtendedStatus()).end("reboot -f"), "reboot " + i);
        }
        assertEquals(before, leftovers());
        long grown = sharedKibibytes() - shared;
        assertTrue(grown < 1024, "shared memory grew by %d KiB".formatted(grown));
    }

    @Test
    void tenRebootsLeaveNothingBehind() throws Exception {
        rebootAndLookAround(10);
    }

    @Test
    @Tag("long")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void aHundredRebootsLeaveNothingBehind() throws Exception {
        rebootAndLookAround(100);
    }
}
