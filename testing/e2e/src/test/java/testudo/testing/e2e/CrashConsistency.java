package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Kills the product in the middle of writing and looks at the disk: the guest's file system must be whole after its journal
/// was replayed, and hold every file whose flush the guest had seen complete.
///
/// The host survives here, so writes that reached the host's page cache survive too: these tests find requests that were
/// completed before they were done, reordered or torn, not a flush that never reached the host's disk. That one is found
/// below the guest, by a test that counts the host's fdatasync calls.
abstract class CrashConsistency extends OnProduct {
    private static final String DISK = "/tmp/crash.img";
    /// Writes numbered files, keeps the newest forty, and reports each one once it is safely on the disk.
    private static final String LOAD = "( n=0; while :; do n=$((n+1));"
            + " seq $n $((n+3000)) > /data/new && sync && mv /data/new /data/$n && sync && echo \"safe $n\";"
            + " rm -f /data/$((n-40)); mkdir -p /data/d$((n%7)); rmdir /data/d$(((n+3)%7)) 2> /dev/null; done ) &";

    /// One round: boot from the disk, write, kill after a random time, check.
    protected void killAndCheck(long seed) throws IOException, InterruptedException {
        Random random = new Random(seed);
        int delayMicros = random.nextInt(2_500_000);
        host.exec("cp --sparse=always /material/small.ext4 " + DISK + " 2> /dev/null || cp /material/small.ext4 " + DISK)
                .orFail("copying the root disk");
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).vcpus(2).with("--block path=" + DISK + ",root"));
        assertEquals("rw", guest.run("awk '$2 == \"/\" && $1 ~ /dev/ { print substr($4, 1, 2) }' /proc/mounts"));

        guest.console().sendLine(LOAD);
        guest.console().expect("safe 3\r?\n", Duration.ofMinutes(3));
        host.exec("usleep " + delayMicros);
        guest.monitor().kill();

        // Only journal replay, no repair: whatever is wrong afterwards is the product's.
        host.exec("e2fsck -E journal_only -p " + DISK);
        Host.Result check = host.exec("e2fsck -fn " + DISK);
        assertEquals(0, check.exitCode(), () -> "seed " + seed + ": " + check.stdout() + check.stderr());
        int last = lastSafe(guest);
        for (int number = Math.max(1, last - 30); number <= last; number++) {
            assertContent(number, seed);
        }
    }

    private static int lastSafe(Guest guest) {
        int last = 0;
        for (MatchResult safe : Pattern.compile("safe (\\d+)\r?\n").matcher(guest.monitor().output()).results().toList()) {
            last = Integer.parseInt(safe.group(1));
        }
        assertTrue(last >= 3, "files reported safe: " + last);
        return last;
    }

    private void assertContent(int number, long seed) throws IOException, InterruptedException {
        String expected = host.exec("seq " + number + " " + (number + 3000) + " | md5sum").stdout();
        String found = host.exec("debugfs -R 'cat /data/" + number + "' " + DISK + " 2> /dev/null | md5sum").stdout();
        assertEquals(expected, found, "file " + number + ", which the guest knew to be safe; seed " + seed);
    }
}
