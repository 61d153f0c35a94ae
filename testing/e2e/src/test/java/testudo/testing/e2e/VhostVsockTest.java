package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Sockets between host and guest that the host's kernel serves: both sides use `AF_VSOCK`.
class VhostVsockTest extends OnProduct {
    private static final int MANY = 100;

    @Test
    void manyConnectionsBothWays() throws Exception {
        Guest guest = boot(machine().withRootDisk().with("--vsock", "7,device=/dev/vhost-vsock,max-queue-sizes=[128,64,16]"));
        bothWays(guest, "stream", MANY);
        bothWays(guest, "messages", 20);
        for (int round = 0; round < 3; round++) {
            guest.run("d=$(basename /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/virtio*);"
                    + " echo $d > /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/unbind"
                    + " && echo $d > /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/bind");
        }
        assertEquals("5 good", VsockTest.guestChecks(guest, "messages", 5), "the driver comes and goes");
    }

    private void bothWays(Guest guest, String kind, int connections) throws Exception {
        start(kind.equals("stream") ? 2 : 3, "vsock-peer serve " + kind + " vsock:4294967295:" + VsockTest.port(kind));
        assertEquals(connections + " good", VsockTest.guestChecks(guest, kind, connections));
        VsockTest.guestServes(guest, kind);
        assertEquals(connections + " good", hostChecks(kind, connections));
    }

    private String hostChecks(String kind, int connections) throws Exception {
        return host.exec("ulimit -n 4096; vsock-peer check " + kind + " vsock:7:" + VsockTest.port(kind) + " " + connections + " 10000")
                .orFail("the host's connections").stdout().strip();
    }

    @Test
    void theOlderOptionsAndAnAddressThatIsTaken() throws Exception {
        Guest guest = boot(machine().withRootDisk().with("--cid 7 --vhost-vsock-fd 5 5<>/dev/vhost-vsock"));
        bothWays(guest, "stream", 5);
        Host.Result second = host.exec(machine().with("--vsock", "7").commandLine(host, backend).replace("testudo.sock", "second.sock")
                + " < /dev/null");
        assertNotEquals(0, second.exitCode());
        assertTrue(second.stderr().contains("another machine of this host has that cid"), second.stderr());
    }
}
