package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Sockets between host and guest, bridged to Unix sockets of the host. All connections of a test are open at one time, and whoever opened them
/// compares what comes back on each.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class VsockTest extends OnProduct {
    private static final int CID = 7;
    private static final int MANY = 100;
    private static final int BYTES = 10_000;

    /// Each kind has a port of its own: Linux has one table of ports for all.
    static int port(String kind) {
        return kind.equals("stream") ? 5000 : 5001;
    }

    private String path() {
        return host.folder() + "/vsock/v";
    }

    private RunOptions withSockets() throws Exception {
        host.exec("rm -rf " + host.folder() + "/vsock; mkdir -p " + host.folder() + "/vsock").orFail("a folder for sockets");
        return machine().withRootDisk().with("--vsock", "cid=" + CID + ",path=" + path());
    }

    private String peer() {
        return backend == Backend.KVM ? "vsock-peer" : TestBed.checkout() + "/testing/e2e/bed/vsock-peer";
    }

    private void hostServes(String kind) throws Exception {
        String socket = path() + "_" + port(kind);
        host.exec("rm -f " + socket);
        start(2, peer() + " serve " + kind + " unix:" + socket);
        host.exec("n=0; until [ -S " + socket + " ]; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done").orFail(
                "waiting for a service");
    }

    static void guestServes(Guest guest, String kind) throws Exception {
        guest.run("ulimit -n 4096; vsock-peer serve " + kind + " vsock:4294967295:" + port(kind) + " > /tmp/" + kind + " 2>&1 &");
        guest.await("grep -q ready /tmp/" + kind);
    }

    static String guestChecks(Guest guest, String kind, int connections) throws Exception {
        return guest.run("ulimit -n 4096; vsock-peer check " + kind + " vsock:2:" + port(kind) + " " + connections + " " + BYTES);
    }

    private String hostChecks(String kind, String address, int connections) throws Exception {
        return host.exec("ulimit -n 4096; " + peer() + " check " + kind + " bridge:" + address + ":" + port(kind) + " " + connections + " "
                + BYTES)
                .orFail("the host's connections").stdout().strip();
    }

    /// The guest opens connections to a service of the host, then the host to one of the guest.
    private void bothWays(Guest guest, String kind, int connections) throws Exception {
        hostServes(kind);
        assertEquals(connections + " good", guestChecks(guest, kind, connections));
        guestServes(guest, kind);
        String address = path() + (kind.equals("messages") ? ".seqpacket" : "");
        assertEquals(connections + " good", hostChecks(kind, address, connections));
    }

    @Test
    void manyConnectionsBothWays() throws Exception {
        Guest guest = boot(withSockets());
        bothWays(guest, "stream", MANY);
        assertTrue(guest.run("vsock-peer check stream vsock:2:1 1 1 2>&1; true").contains("Connection reset by peer"));
        String refused = host.exec(peer() + " check stream bridge:" + path() + ":1 1 1").stderr();
        assertTrue(refused.contains("the bridge says ''"), refused);

        guest.end("poweroff -f");
        assertNotEquals(0, host.exec("ls " + path() + " " + path() + ".seqpacket").exitCode(), "its sockets go with the machine");
    }

    @Test
    void messagesBothWays() throws Exception {
        bothWays(boot(withSockets()), "messages", 20);
    }

    @Test
    @Tag("long")
    void aThousandConnectionsBothWays() throws Exception {
        bothWays(boot(withSockets()), "stream", 1000);
    }

    @Test
    void aJailedDeviceServesThem() throws Exception {
        bothWays(boot(withSockets().jailed()), "stream", 10);
    }

    @Test
    void aDeviceOfAnotherProcessServesThem() throws Exception {
        withSockets();
        String socket = host.folder() + "/vsock/device";
        start(3, host.image() + "/bin/testudo device vsock --socket-path " + socket + " --cid " + CID + " --path " + path());
        host.exec("n=0; until [ -S " + socket + " ]; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done").orFail(
                "waiting for the device");
        bothWays(boot(machine().withRootDisk().with("--vhost-user", "vsock,socket=" + socket)), "stream", 10);
    }

    @Test
    void withoutTheDeviceThereIsNoConnection() throws Exception {
        withSockets();
        Guest guest = boot(machine().withRootDisk());
        hostServes("stream");
        assertNotEquals(0, guest.exitCodeOf("vsock-peer check stream vsock:2:" + port("stream") + " 1 1"));
    }
}
