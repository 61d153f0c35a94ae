package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Taps of the outer Linux, which is a network of its own, with frames moved by the product and by vhost-net.
class TapTest extends OnProduct {
    private static final String HOST = "192.0.2.1";
    private static final String GUEST = "192.0.2.2";
    private static final int PORT = 8000;
    private static final int KIBIBYTES = 8192;

    @AfterEach
    void removeTap() throws IOException, InterruptedException {
        if (host != null) {
            host.exec("ip link del t0 2> /dev/null");
        }
    }

    private void tap(String flags, int mtu) throws IOException, InterruptedException {
        host.exec("ip tuntap add dev t0 mode tap " + flags + " && ip addr add " + HOST + "/24 dev t0 && ip link set t0 mtu " + mtu + " up")
                .orFail("making a tap");
    }

    private static void configure(Guest guest) throws IOException, InterruptedException {
        guest.run("ip addr add " + GUEST + "/24 dev eth0 && ip link set eth0 up");
        guest.await("ping -c 1 -W 2 " + HOST + " > /dev/null");
    }

    /// A file each way; whoever fetches has the hash of who serves.
    private void transfer(Guest guest) throws IOException, InterruptedException {
        GuestNetwork network = GuestNetwork.of(host, backend);
        start(2, network.server(HOST, PORT));
        String sent = network.offer("down", KIBIBYTES);
        assertEquals(sent, GuestNetwork.fetch(guest, "http://" + HOST + ":" + PORT + "/down"));
        String back = GuestNetwork.serve(guest, PORT, "up", KIBIBYTES);
        assertEquals(back, network.fetch("http://" + GUEST + ":" + PORT + "/up"));
    }

    private boolean kernelMovesFrames() throws IOException, InterruptedException {
        return !host.exec("grep -s vhost- /proc/[0-9]*/comm /proc/[0-9]*/task/[0-9]*/comm").stdout().isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "1,true", "2,true"})
    void filesEachWay(int pairs, boolean vhost) throws Exception {
        tap(pairs > 1 ? "multi_queue" : "", 1500);
        Guest guest = boot(machine().vcpus(pairs).with(
                "--net", "tap-name=t0,mac=52:54:00:00:00:02,vq-pairs=" + pairs + (vhost ? ",vhost-net" : "")));

        assertEquals("52:54:00:00:00:02", guest.run("cat /sys/class/net/eth0/address"));
        assertEquals(String.valueOf(pairs), guest.run("ls -d /sys/class/net/eth0/queues/rx-* | wc -l"));
        configure(guest);
        assertEquals(vhost, kernelMovesFrames());
        transfer(guest);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void largePackets(boolean vhost) throws Exception {
        tap("", 9000);
        Guest guest = boot(machine().with("--net", "tap-name=t0" + (vhost ? ",vhost-net" : "")));

        assertEquals("9000", guest.run("cat /sys/class/net/eth0/mtu"));
        configure(guest);
        String before = host.exec("cat /sys/class/net/t0/statistics/rx_packets").stdout().strip();
        guest.run("ping -c 5 -s 8900 " + HOST + " > /dev/null");
        String after = host.exec("cat /sys/class/net/t0/statistics/rx_packets").stdout().strip();
        assertTrue(Integer.parseInt(after) - Integer.parseInt(before) < 15, "a ping of 8900 bytes is one packet, not seven");
        transfer(guest);
    }

    @Test
    void aTapIsMadeConfiguredAndGone() throws Exception {
        Guest guest = boot(machine().with("--net", "host-ip=" + HOST + ",netmask=255.255.255.0,mac=02:00:00:00:00:01"));

        assertEquals("02:00:00:00:00:01", host.exec("cat /sys/class/net/vmtap0/address").stdout().strip());
        configure(guest);
        guest.end("poweroff -f");
        assertNotEquals(0, host.exec("ip link show vmtap0").exitCode());
    }

    @Test
    void theDriverComesAndGoes() throws Exception {
        tap("", 1500);
        Guest guest = boot(machine().with("--net", "tap-name=t0,vhost-net"));
        configure(guest);

        for (int round = 0; round < 3; round++) {
            guest.run("d=$(basename $(readlink /sys/class/net/eth0/device)); echo $d > /sys/bus/virtio/drivers/virtio_net/unbind"
                    + " && echo $d > /sys/bus/virtio/drivers/virtio_net/bind");
            configure(guest);
        }
    }

    @Test
    void aTapThatIsDownCarriesNothing() throws Exception {
        tap("", 1500);
        host.exec("ip link set t0 down").orFail("taking the tap down");
        Guest guest = boot(machine().with("--net", "tap-name=t0"));
        guest.run("ip addr add " + GUEST + "/24 dev eth0 && ip link set eth0 up");
        assertNotEquals(0, guest.exitCodeOf("ping -c 1 -W 2 " + HOST + " > /dev/null"));
    }
}
