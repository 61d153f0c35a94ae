package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Network interfaces that are added to a running guest and taken out of it, one behind each root port.
class NetworkHotPlugTest extends OnProduct {
    private static final int SLOTS = 5;
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final String COUNT = "ls -d /sys/class/net/eth* 2> /dev/null | wc -l";

    @Test
    void interfacesComeAndGo() throws Exception {
        rounds(2);
    }

    @Test
    @Tag("long")
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void interfacesComeAndGoAHundredTimes() throws Exception {
        rounds(20);
    }

    private void rounds(int count) throws Exception {
        String taps = "$(seq " + SLOTS + ")";
        host.exec("for n in " + taps + "; do ip tuntap add dev h$n mode tap && ip link set h$n up || exit 1; done;"
                + " ip addr add 192.0.2.1/24 dev h1").orFail("making taps");
        Guest guest = boot(machine().with("--pci-hotplug-slots " + SLOTS));
        assertEquals("0", guest.run(COUNT));
        String testudo = host.image() + "/bin/testudo virtio-net ";
        String socket = RunOptions.socket(host);

        for (int round = 0; round < count; round++) {
            String added = host.exec("for n in " + taps + "; do " + testudo + "add h$n " + socket + " || exit 1; done", LIMIT)
                    .orFail("adding").stdout();
            assertTrue(added.contains("bus 1") && added.contains("bus " + SLOTS), added);
            guest.await("[ $(" + COUNT + ") = " + SLOTS + " ]");
            guest.run("for i in /sys/class/net/eth*; do ip link set ${i##*/} up; ip addr add 192.0.2.2/24 dev ${i##*/} 2> /dev/null;"
                    + " ping -c 1 -W 2 -I ${i##*/} 192.0.2.1 > /dev/null && break; done; ping -c 1 -W 5 192.0.2.1 > /dev/null");
            if (round == 0) {
                Host.Result full = host.exec(testudo + "add h1 " + socket, LIMIT);
                assertNotEquals(0, full.exitCode());
                assertTrue(full.stderr().contains("no slot is free"), full.stderr());
            }
            // side by side: the guest waits five seconds for each, in case the button is pressed again
            host.exec("for n in " + taps + "; do " + testudo + "remove $n " + socket + " & done; wait", LIMIT).orFail("removing");
            guest.await("[ $(" + COUNT + ") = 0 ]");
        }
        host.exec("for n in " + taps + "; do ip link del h$n || exit 1; done").orFail("nobody holds the taps any more");
        Host.Result none = host.exec(testudo + "remove 1 " + socket, LIMIT);
        assertTrue(none.exitCode() != 0 && none.stderr().contains("no device was plugged in at bus 1"), none.stderr());
    }
}
