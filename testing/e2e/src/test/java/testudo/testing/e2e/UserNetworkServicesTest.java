package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What the network without privileges offers beyond a lease: names, IPv6, throughput, many connections. In the outer Linux, whose name server is
/// its own and knows one name.
class UserNetworkServicesTest extends OnProduct {
    private static final int PORT = 8000;
    private static final Duration LIMIT = Duration.ofMinutes(20);
    private static final String NAME_SERVER = "dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file="
            + " --listen-address=127.0.0.1 --bind-interfaces --address=/guest.test/192.0.2.77";

    private void nameServer() throws IOException, InterruptedException {
        host.exec("echo nameserver 127.0.0.1 > /run/resolv.conf").orFail("naming the name server");
    }

    private static void lease(Guest guest) throws IOException, InterruptedException {
        guest.run("ip link set eth0 up; printf '%s\\n' '#!/bin/sh' '[ \"$1\" = bound ] || exit 0' 'ip addr add $ip/$mask dev $interface'"
                + " 'ip route add default via $router' 'echo $dns > /tmp/dns' > /tmp/leased; chmod +x /tmp/leased");
        guest.run("udhcpc -i eth0 -n -q -t 5 -s /tmp/leased > /dev/null 2>&1");
        guest.await("ip -6 -o addr show dev eth0 scope global | grep -v tentative | grep -q fd00::");
    }

    @Test
    void namesIpv6AndStreams() throws Exception {
        nameServer();
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, "sh -c '" + NAME_SERVER + " & iperf3 -s & exec " + network.server("[::1]", PORT) + "'");
        String sent = network.offer("six", 1024);
        Guest guest = boot(machine().withRootDisk().with(
                "--net", "'user,host-access,hostfwd=[tcp:127.0.0.1:5000-:5000,\"tcp:[::1]:5006-[]:5000\"]'"));
        lease(guest);

        assertEquals("10.0.2.3", guest.run("cat /tmp/dns"));
        for (String server : new String[]{"10.0.2.3", "fd00::3"}) {
            guest.await("nslookup -type=a guest.test " + server + " > /tmp/answer; grep -q 192.0.2.77 /tmp/answer");
        }
        assertNotEquals(0, guest.exitCodeOf("nslookup -type=a other.test 10.0.2.3 | grep -q 192.0.2.77"));

        guest.run("ip -6 route | grep '^default via fe80::2 '");
        guest.run("ping -6 -c 2 fd00::2 > /dev/null && ping -6 -c 2 -I eth0 fe80::2 > /dev/null");
        assertEquals(sent, GuestNetwork.fetch(guest, "http://[fd00::2]:" + PORT + "/six"));
        String back = GuestNetwork.serve(guest, 5000, "up", 1024);
        assertEquals(back, network.fetch("http://127.0.0.1:5000/up"));
        assertEquals(back, network.fetch("http://[::1]:5006/up"));

        for (String way : new String[]{"10.0.2.2", "10.0.2.2 -R", "fd00::2", "fd00::2 -R", "10.0.2.2 -u -b 20M", "10.0.2.2 -u -b 20M -R"}) {
            guest.await("iperf3 -t 2 -c " + way + " > /tmp/iperf.txt");
            assertNotEquals("0.00", guest.run("awk '/receiver/ { print $5 }' /tmp/iperf.txt"), way);
        }
    }

    @Test
    void aThousandShortConnectionsLeaveNothingBehind() throws Exception {
        connections(1_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void tenThousandShortConnectionsLeaveNothingBehind() throws Exception {
        connections(10_000);
    }

    private void connections(int count) throws Exception {
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server("127.0.0.1", PORT));
        network.offer("short", 1);
        Guest guest = boot(machine().with("--net", "user,host-access"));
        lease(guest);
        guest.run("wget -q -O /dev/null http://10.0.2.2:" + PORT + "/short");
        String monitor = "$(pgrep -f -n '[j]ava.*" + RunOptions.socket(host) + "')";
        int before = Integer.parseInt(host.exec("sleep 1; ls /proc/" + monitor + "/fd | wc -l").orFail("descriptors").stdout().strip());

        for (int done = 0; done < count; done += 250) {
            String urls = "$(yes http://10.0.2.2:" + PORT + "/short | head -n 250)";
            guest.console().run("wget -q -O - " + urls + " | wc -c | grep -qx $((250 * 1024))", LIMIT).orFail("250 connections");
        }

        host.exec("n=0; until [ $(ls /proc/" + monitor + "/fd | wc -l) -le " + (before + 2)
                + " ]; do n=$((n+1)); [ $n -lt 100 ] || exit 1; sleep 0.2; done").orFail("descriptors to be closed");
        assertTrue(before > 10, "the process was found: " + before + " descriptors");
    }
}
