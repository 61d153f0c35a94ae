package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// The network without privileges, as a guest uses it. Nothing leaves the host: servers are on its loopback.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class UserNetworkTest extends OnProduct {
    private static final int GUEST_PORT = 5000;
    private static final int KIBIBYTES = 2048;
    /// What `udhcpc` calls with what it was leased.
    private static final String LEASED = "printf '%s\\n' '#!/bin/sh' '[ \"$1\" = bound ] || exit 0' 'ip addr add $ip/$mask dev $interface'"
            + " 'ip route add default via $router' > /tmp/leased; chmod +x /tmp/leased";
    private static final String LEASE = "ip link set eth0 up && udhcpc -i eth0 -n -q -t 5 -s /tmp/leased > /dev/null 2>&1";

    private static void lease(Guest guest) throws IOException, InterruptedException {
        guest.run(LEASED);
        guest.run(LEASE);
    }

    @Test
    void leaseGatewayAndAFileEachWay() throws Exception {
        int outside = GuestNetwork.freePort();
        int forwarded = GuestNetwork.freePort();
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server("127.0.0.1", outside));
        Guest guest = boot(machine().with("--net", "'user,host-access,hostfwd=[tcp:127.0.0.1:" + forwarded + "-:" + GUEST_PORT + "]'"));

        lease(guest);

        assertEquals("10.0.2.15", guest.run("ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'"));
        assertEquals("default via 10.0.2.2 dev eth0", guest.run("ip route | grep default"));
        guest.run("ping -c 3 10.0.2.2 > /dev/null");
        String sent = network.offer("down", KIBIBYTES);
        assertEquals(sent, GuestNetwork.fetch(guest, "http://10.0.2.2:" + outside + "/down"));
        String back = GuestNetwork.serve(guest, GUEST_PORT, "up", KIBIBYTES);
        assertEquals(back, network.fetch("http://127.0.0.1:" + forwarded + "/up"));
    }

    @Test
    void shortConnectionsLeaveNothingBehind() throws Exception {
        connections(50);
    }

    @Test
    @Tag("long")
    void manyShortConnectionsLeaveNothingBehind() throws Exception {
        connections(5000);
    }

    private void connections(int count) throws Exception {
        int outside = GuestNetwork.freePort();
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server("127.0.0.1", outside));
        network.offer("short", 1);
        Guest guest = boot(machine().with("--net", "user,host-access"));
        lease(guest);
        String url = "http://10.0.2.2:" + outside + "/short";
        guest.run("{ sleep 3600 | nc 10.0.2.2 " + outside + "; } > /dev/null 2>&1 &");
        await("an open connection to be seen", sockets() + " -ge 1");
        guest.run("killall sleep nc; wget -q -O /dev/null " + url);
        await("descriptors to rest", sockets() + " -eq 0");

        for (int done = 0; done < count; done += 50) {
            guest.run("n=0; while [ $n -lt 50 ]; do wget -q -O /dev/null " + url + " || break; n=$((n+1)); done; [ $n = 50 ]");
        }

        await("every connection's descriptor to be closed", sockets() + " -eq 0");
    }

    /// A shell expression: how many TCP connections the product's process has.
    private String sockets() {
        String connections = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"01\" || $4 == \"08\" { print $10 }'";
        return "[ $(for inode in $(" + connections + "); do for p in $(grep -l '" + RunOptions.socket(host)
                + "' /proc/[0-9]*/cmdline 2> /dev/null); do ls -l ${p%cmdline}fd 2> /dev/null | grep \"socket:.$inode.\"; done; done | wc -l)";
    }

    private void await(String what, String condition) throws IOException, InterruptedException {
        host.exec("n=0; until " + condition + " ]; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done").orFail("waiting for " + what);
    }

    @Test
    void aRestrictedGuestGetsItsLeaseAndNothingElse() throws Exception {
        int outside = GuestNetwork.freePort();
        int forwarded = GuestNetwork.freePort();
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server("127.0.0.1", outside));
        network.offer("down", 1);
        Guest guest = boot(machine().with(
                "--net", "'user,restrict,host-access,hostfwd=[tcp:127.0.0.1:" + forwarded + "-:" + GUEST_PORT + "]'"));

        lease(guest);

        assertNotEquals(0, guest.exitCodeOf("wget -q -T 5 -O /dev/null http://10.0.2.2:" + outside + "/down"));
        String back = GuestNetwork.serve(guest, GUEST_PORT, "up", 64);
        assertEquals(back, network.fetch("http://127.0.0.1:" + forwarded + "/up"), "what is forwarded still is");
    }

    @Test
    void withoutHostAccessTheHostIsOutOfReach() throws Exception {
        int outside = GuestNetwork.freePort();
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server("127.0.0.1", outside));
        network.offer("down", 1);
        Guest guest = boot(machine().with("--net", "user"));

        lease(guest);

        assertNotEquals(0, guest.exitCodeOf("wget -q -T 5 -O /dev/null http://10.0.2.2:" + outside + "/down"));
    }

    @Test
    void withoutTheDeviceThereIsNoLease() throws Exception {
        Guest guest = boot(machine());
        guest.run(LEASED);
        assertNotEquals(0, guest.exitCodeOf(LEASE));
        assertTrue(guest.run("ls /sys/class/net").lines().noneMatch("eth0"::equals));
    }
}
