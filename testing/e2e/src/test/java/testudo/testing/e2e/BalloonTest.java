package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// The balloon takes memory from a running guest and gives it back.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class BalloonTest extends OnProduct {
    private static final long SIZE_MIB = 128;

    @Test
    void memoryLeavesTheGuestAndComesBack() throws Exception {
        Guest guest = boot(machine());
        long before = freeMib(guest);

        assertEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt " + (before - SIZE_MIB * 3 / 4) + " ]");

        assertEquals(0, client("balloon 0").exitCode());
        guest.await("[ " + FREE_MIB + " -gt " + (before - SIZE_MIB / 4) + " ]");
    }

    @Test
    void memoryTheGuestGaveUpReturnsToTheHost() throws Exception {
        Guest guest = boot(machine());
        // Pages the guest has touched, then freed, still belong to it.
        guest.run("dd if=/dev/zero of=/tmp/fill bs=1M count=192 2> /dev/null; rm /tmp/fill");
        long before = guestMemoryMib(guest);
        assertEquals(0, client("balloon " + (256L << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt 256 ]");
        long after = guestMemoryMib(guest);
        assertTrue(after < before - 96, "host memory in use: " + before + " MiB before, " + after + " after");
    }

    @Test
    void statisticsNameTheSizeReached() throws Exception {
        Guest guest = boot(machine());
        long before = freeMib(guest);
        assertEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        guest.await("[ " + FREE_MIB + " -lt " + (before - SIZE_MIB * 3 / 4) + " ]");
        String stats = host.folder() + "/stats";
        // The last pages may still be on their way; the guest has free memory, so the size is reached soon.
        Host.Result last = host.exec("for n in $(seq 100); do " + host.image() + "/bin/testudo balloon_stats "
                + RunOptions.socket(host) + " > " + stats + " && grep -q '\"balloon_actual\": *" + (SIZE_MIB << 20) + "' " + stats
                + " && break; sleep 0.1; done; cat " + stats);
        String json = last.stdout().replaceAll("\\s+", "");
        assertTrue(json.startsWith("{\"BalloonStats\":{"), json);
        assertTrue(json.contains("\"balloon_actual\":" + (SIZE_MIB << 20)), json);
        assertTrue(json.matches(".*\"stats\":\\{.*\"free_memory\":[1-9][0-9]*.*\\}.*"), json);
    }

    @Test
    void withoutTheDeviceTheCommandFails() throws Exception {
        Guest guest = boot(machine().with("--no-balloon"));
        long before = freeMib(guest);
        assertNotEquals(0, client("balloon " + (SIZE_MIB << 20)).exitCode());
        assertTrue(freeMib(guest) > before - SIZE_MIB / 4);
    }

    private static final String FREE_MIB = "$(awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo)";

    private static long freeMib(Guest guest) throws IOException, InterruptedException {
        return Long.parseLong(guest.run("echo " + FREE_MIB));
    }

    /// Memory that the product has in shared mappings, which guest memory is.
    private long guestMemoryMib(Guest guest) throws IOException, InterruptedException {
        return Long.parseLong(host.exec("awk '/^RssShmem:/ { print int($2 / 1024) }' /proc/" + guest.monitor().pid() + "/status")
                .stdout().strip());
    }
}
