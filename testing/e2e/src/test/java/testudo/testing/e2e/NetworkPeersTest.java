package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A guest and a machine beyond its host: a network namespace at the other end of a wire. The guest gets there by a macvtap on that wire, and through passt.
class NetworkPeersTest extends OnProduct {
    private static final String PEER = "192.0.2.254";
    private static final int PORT = 8000;
    private static final int KIBIBYTES = 4096;
    private static final String PASST = "/tmp/passt.sock";

    @BeforeEach
    void wire() throws IOException, InterruptedException {
        host.exec("ip netns add peer && ip link add v0 type veth peer name v1 netns peer && ip link set v0 up"
                + " && ip -n peer addr add " + PEER + "/24 dev v1 && ip -n peer link set v1 up").orFail("making a wire");
    }

    @AfterEach
    void unwire() throws IOException, InterruptedException {
        if (host != null) {
            host.exec("ip link del v0; ip netns del peer");
        }
    }

    private void serveBeyond() throws IOException, InterruptedException {
        start(2, "ip netns exec peer " + GuestNetwork.of(host, backend).server(PEER, PORT));
    }

    @Test
    void byMacvtap() throws Exception {
        host.exec("ip link add link v0 name mv0 address 02:00:00:00:00:07 type macvtap mode bridge && ip link set mv0 up")
                .orFail("making a macvtap");
        Guest guest = boot(machine().with("--net", "tap-name=mv0"));
        assertEquals("02:00:00:00:00:07", guest.run("cat /sys/class/net/eth0/address"));
        guest.run("ip addr add 192.0.2.2/24 dev eth0 && ip link set eth0 up");
        guest.await("ping -c 1 -W 2 " + PEER + " > /dev/null");

        serveBeyond();
        String sent = GuestNetwork.of(host, backend).offer("down", KIBIBYTES);
        assertEquals(sent, GuestNetwork.fetch(guest, "http://" + PEER + ":" + PORT + "/down"));
        String back = GuestNetwork.serve(guest, PORT, "up", KIBIBYTES);
        assertEquals(back, host.exec("ip netns exec peer busybox wget -q -O - http://192.0.2.2:" + PORT + "/up | sha256sum").stdout()
                .strip());
    }

    @Test
    void byPasst() throws Exception {
        host.exec("ip addr add 192.0.2.1/24 dev v0 && ip route add default via " + PEER).orFail("a route");
        host.exec("rm -f " + PASST + "; passt --vhost-user --one-off --socket " + PASST
                + " --runas 65534:65534 --ipv4-only --no-map-gw --interface v0"
                + " --pid /tmp/passt.pid --log-file /tmp/passt.log -t 5000 2> /tmp/passt.err || { cat /tmp/passt.err; false; }").orFail(
                        "passt");
        Guest guest = boot(machine().with("--vhost-user", "type=net,socket=" + PASST));
        guest.run("ip link set eth0 up; printf '%s\\n' '#!/bin/sh' '[ \"$1\" = bound ] || exit 0' 'ip addr add $ip/$mask dev $interface'"
                + " 'ip route add default via $router' > /tmp/leased; chmod +x /tmp/leased");
        guest.run("udhcpc -i eth0 -n -q -t 5 -s /tmp/leased > /dev/null 2>&1");
        assertEquals("192.0.2.1", guest.run("ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'"));

        serveBeyond();
        String sent = GuestNetwork.of(host, backend).offer("down", KIBIBYTES);
        assertEquals(sent, GuestNetwork.fetch(guest, "http://" + PEER + ":" + PORT + "/down"));
        String back = GuestNetwork.serve(guest, 5000, "up", KIBIBYTES);
        assertEquals(back, host.exec("ip netns exec peer busybox wget -q -O - http://192.0.2.1:5000/up | sha256sum").stdout().strip());
        guest.end("poweroff -f");
        assertNotEquals(0, host.exec(
                "n=0; while kill -0 $(cat /tmp/passt.pid) 2> /dev/null && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.2; done;"
                        + " kill -0 $(cat /tmp/passt.pid)").exitCode(), "passt ends with its guest");
    }
}
