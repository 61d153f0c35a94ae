package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Taps under load: many streams, large packets, a wire that loses and swaps packets.
class NetworkLoadTest extends OnProduct {
    private static final String HOST = "192.0.2.1";
    private static final String GUEST = "192.0.2.2";
    private static final int PORT = 8000;
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @AfterEach
    void removeTap() throws IOException, InterruptedException {
        if (host != null) {
            host.exec("ip link del t0 2> /dev/null");
        }
    }

    private Guest guest(int pairs) throws IOException, InterruptedException {
        host.exec("ip tuntap add dev t0 mode tap multi_queue && ip addr add " + HOST + "/24 dev t0 && ip link set t0 mtu 9000 up")
                .orFail("making a tap");
        Guest guest = boot(machine().vcpus(pairs).withRootDisk().with("--net", "tap-name=t0,vq-pairs=" + pairs));
        guest.run("ip addr add " + GUEST + "/24 dev eth0 && ip link set eth0 up");
        guest.await("ping -c 1 -W 2 " + HOST + " > /dev/null");
        return guest;
    }

    @Test
    void streamsBothWaysInTwoQueuePairs() throws Exception {
        Guest guest = guest(2);
        start(2, "iperf3 -s");
        assertEquals("9000", guest.run("cat /sys/class/net/eth0/mtu"));

        String before = guest.run("grep virtio.*put /proc/interrupts | wc -l");
        assertTrue(Integer.parseInt(before) >= 4, "interrupts of two pairs");
        for (String way : new String[]{"", " -R", " -u -b 50M", " -u -b 50M -R"}) {
            guest.await("iperf3 -c " + HOST + " -P 4 -t 2" + way + " > /tmp/iperf.txt");
            assertNotEquals("0.00", guest.run("awk '/SUM.*receiver/ { print $6 }' /tmp/iperf.txt"), way);
        }
        assertEquals("0", guest.run("cat /sys/class/net/eth0/statistics/rx_errors"));
    }

    @Test
    void aLongFileArrivesUnchanged() throws Exception {
        longFile(64);
    }

    @Test
    @Tag("long")
    void aVeryLongFileArrivesUnchanged() throws Exception {
        longFile(1024);
    }

    private void longFile(int mebibytes) throws Exception {
        Guest guest = guest(1);
        start(2, GuestNetwork.of(host, backend).server(HOST, PORT));
        GuestNetwork.of(host, backend).offer("piece", 1024);
        String files = host.folder() + "/files/";
        String sum = host.exec("n=0; while [ $n -lt " + mebibytes + " ]; do cat " + files + "piece; n=$((n+1)); done > " + files
                + "long; md5sum < " + files + "long", LIMIT).orFail("making a file").stdout().strip();

        String seen = guest.console().run("wget -q -O - http://" + HOST + ":" + PORT + "/long | md5sum", LIMIT).orFail("fetching").stdout();

        host.exec("rm " + files + "long");
        assertEquals(sum, seen.strip());
    }

    /// Packets are lost, late and out of order on their way to the guest; what they carry is not.
    @Test
    void aWireThatLosesAndSwapsPackets() throws Exception {
        Guest guest = guest(1);
        host.exec("tc qdisc add dev t0 root netem delay 5ms 2ms loss 2% reorder 25%").orFail("netem");
        start(2, GuestNetwork.of(host, backend).server(HOST, PORT));

        String sent = GuestNetwork.of(host, backend).offer("down", 2048);
        assertEquals(sent, GuestNetwork.fetch(guest, "http://" + HOST + ":" + PORT + "/down"));
        String back = GuestNetwork.serve(guest, PORT, "up", 2048);
        assertEquals(back, GuestNetwork.of(host, backend).fetch("http://" + GUEST + ":" + PORT + "/up"));
        String dropped = host.exec("tc -s qdisc show dev t0 | sed -n 's/.*dropped \\([0-9]*\\).*/\\1/p'").stdout().strip();
        assertNotEquals("0", dropped, "some were lost");
    }
}
