package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

/// Sockets between host and guest that the host's kernel serves: both sides use `AF_VSOCK`.
class VhostVsockTest extends OnProduct {
    private static final int MANY = 100;

    @ParameterizedTest
    @ValueSource(strings = {"--vsock 7,device=/dev/vhost-vsock,max-queue-sizes=[128,64,16]", "--cid 7",
            "--cid 7 --vhost-vsock-fd 5 5<>/dev/vhost-vsock"})
    void manyConnectionsBothWays(String option) throws Exception {
        Guest guest = boot(machine().withRootDisk().with(option));
        start(2, "vsock-peer serve stream vsock:4294967295:5000");
        assertEquals(MANY + " good", VsockTest.guestChecks(guest, "stream", MANY));
        VsockTest.guestServes(guest, "stream");
        assertEquals(MANY + " good", hostChecks("stream", MANY));
    }

    private String hostChecks(String kind, int connections) throws Exception {
        return host.exec("ulimit -n 4096; vsock-peer check " + kind + " vsock:7:5000 " + connections + " 10000")
                .orFail("the host's connections").stdout().strip();
    }

    @Test
    void messages() throws Exception {
        Guest guest = boot(machine().withRootDisk().with("--vsock", "7"));
        VsockTest.guestServes(guest, "messages");
        assertEquals("20 good", hostChecks("messages", 20));
    }

    @Test
    void theDriverComesAndGoes() throws Exception {
        Guest guest = boot(machine().withRootDisk().with("--vsock", "7"));
        for (int round = 0; round < 3; round++) {
            guest.run("d=$(basename /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/virtio*);"
                    + " echo $d > /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/unbind"
                    + " && echo $d > /sys/bus/virtio/drivers/vmw_vsock_virtio_transport/bind");
        }
        VsockTest.guestServes(guest, "stream");
        assertEquals("5 good", hostChecks("stream", 5));
    }

    @Test
    void twoMachinesWithOneAddressAreRefused() throws Exception {
        boot(machine().with("--vsock", "7"));
        Host.Result second = host.exec(machine().with("--vsock", "7").commandLine(host, backend).replace("testudo.sock", "second.sock")
                + " < /dev/null");
        assertNotEquals(0, second.exitCode());
        assertTrue(second.stderr().contains("another machine of this host has that cid"), second.stderr());
    }
}
