package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// The balloon takes memory from a running guest and gives it back.
class BalloonTest extends OnProduct {
    private static final long SIZE_MIB = 128;

    @Test
    void memoryLeavesTheGuestAndComesBack() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12));
        long before = freeMib(guest);

        assertEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt " + (before - SIZE_MIB * 3 / 4) + " ]");

        assertEquals(0, client("balloon 0").exitCode());
        guest.await("[ " + FREE_MIB + " -gt " + (before - SIZE_MIB / 4) + " ]");
    }

    @Test
    void memoryTheGuestGaveUpReturnsToTheHost() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12));
        // Pages the guest has touched, then freed, still belong to it.
        guest.run("dd if=/dev/zero of=/tmp/fill bs=1M count=192 2> /dev/null; rm /tmp/fill");
        long before = sharedMib();
        assertEquals(0, client("balloon " + (256L << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt 256 ]");
        assertTrue(sharedMib() < before - 96, "host memory in use: " + before + " MiB before, " + sharedMib() + " after");
    }

    @Test
    void statisticsNameTheSizeReached() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12));
        long before = freeMib(guest);
        assertEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt " + (before - SIZE_MIB * 3 / 4) + " ]");
        // The last pages may still be on their way; the guest has free memory, so the size is reached soon.
        OuterLinux.Result last = outer.exec("for n in $(seq 100); do /image/bin/testudo balloon_stats " + RunOptions.SOCKET
                + " > /tmp/stats && grep -q '\"balloon_actual\": *" + (SIZE_MIB << 20) + "' /tmp/stats && break;"
                + " usleep 100000; done; cat /tmp/stats");
        String json = last.stdout().replaceAll("\\s+", "");
        assertTrue(json.startsWith("{\"BalloonStats\":{"), json);
        assertTrue(json.contains("\"balloon_actual\":" + (SIZE_MIB << 20)), json);
        assertTrue(json.matches(".*\"stats\":\\{.*\"free_memory\":[1-9][0-9]*.*\\}.*"), json);
    }

    @Test
    void withoutTheDeviceTheCommandFails() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).with("--no-balloon"));
        long before = freeMib(guest);
        assertNotEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        assertTrue(freeMib(guest) > before - SIZE_MIB / 4);
    }

    private static final String FREE_MIB = "$(awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo)";

    private static long freeMib(Guest guest) throws IOException, InterruptedException {
        return Long.parseLong(guest.run("echo " + FREE_MIB));
    }

    /// Memory of the outer Linux in shared mappings, which guest memory is.
    private long sharedMib() throws IOException, InterruptedException {
        return Long.parseLong(outer.exec("awk '/^Shmem:/ { print int($2 / 1024) }' /proc/meminfo").stdout().strip());
    }
}
