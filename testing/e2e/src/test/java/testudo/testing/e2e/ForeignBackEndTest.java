package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Back-ends that others wrote serve a stock kernel behind our front-end, by vhost-user, on real KVM.
class ForeignBackEndTest extends OnProduct {
    private static final String SOCKET = "/tmp/foreign.sock";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String MOUNT = "mkdir -p /tmp/shared && mount -t virtiofs outside /tmp/shared";

    /// Starts a back-end, and waits until it listens.
    private void backEnd(String command) throws IOException, InterruptedException {
        host.exec("rm -f " + SOCKET + "; setsid " + command + " > " + SOCKET + ".log 2>&1 & echo $! > " + SOCKET + ".pid; n=0;"
                + " until [ -S " + SOCKET + " ]; do n=$((n+1)); [ $n -lt 600 ] || { cat " + SOCKET
                + ".log >&2; exit 1; }; usleep 100000; done")
                .orFail("starting " + command);
    }

    private void storageDaemon(String disk) throws IOException, InterruptedException {
        backEnd("qemu-storage-daemon --blockdev driver=file,node-name=disk,filename=" + disk
                + " --export type=vhost-user-blk,id=export,node-name=disk,writable=on,addr.type=unix,addr.path=" + SOCKET);
    }

    @Test
    void virtiofsdSharesAFolderBothWays() throws Exception {
        host.exec("rm -rf /tmp/shared; mkdir -p /tmp/shared/deep; head -c 3000000 /dev/urandom > /tmp/shared/deep/outside").orFail(
                "a folder");
        backEnd("/usr/libexec/virtiofsd --socket-path " + SOCKET + " --shared-dir /tmp/shared --tag outside --sandbox none");
        Guest guest = boot(machine().with("--vhost-user type=fs,socket=" + SOCKET));

        guest.run(MOUNT);
        assertEquals(host.exec("md5sum < /tmp/shared/deep/outside").stdout().strip(), guest.run("md5sum < /tmp/shared/deep/outside"));
        String sum = guest.run("head -c 5000000 /dev/urandom > /tmp/shared/inside; sync; md5sum < /tmp/shared/inside");
        assertEquals(sum, host.exec("md5sum < /tmp/shared/inside").stdout().strip());
        guest.run("mv /tmp/shared/inside /tmp/shared/deep/moved && ln -s moved /tmp/shared/deep/link && rm /tmp/shared/deep/outside");
        assertEquals("link\nmoved", host.exec("ls /tmp/shared/deep").stdout().strip());
    }

    /// Shows that the test above needs the device.
    @Test
    void withoutTheDeviceNothingIsShared() throws Exception {
        Guest guest = boot(machine());
        assertNotEquals(0, guest.exitCodeOf(MOUNT));
    }

    @Test
    void qemusStorageDaemonIsADisk() throws Exception {
        String disk = disk("data.img", 16);
        storageDaemon(disk);
        Guest guest = boot(machine().withRootDisk().with("--vhost-user block,socket=" + SOCKET));

        guest.console().fio().orFail("fio");
        String sum = guest.run("md5sum < /dev/vdb");
        assertEquals(sum, host.exec("md5sum < " + disk).stdout().strip(), "what the guest sees is what the file holds");
    }

    @Test
    void qemusStorageDaemonMayBeReplaced() throws Exception {
        String disk = disk("data.img", 16);
        storageDaemon(disk);
        Guest guest = boot(machine().with("--vhost-user block,socket=" + SOCKET));
        guest.run("head -c 1048576 /dev/urandom > /tmp/content; dd if=/tmp/content of=/dev/vda bs=64k conv=fsync 2> /dev/null");

        host.exec("kill -s KILL $(cat " + SOCKET + ".pid)").orFail("killing the back-end");
        guest.console().sendLine("dd if=/dev/vda bs=64k count=16 iflag=direct 2> /dev/null | cmp - /tmp/content && echo same-again");
        storageDaemon(disk);

        guest.console().expect("same-again", LIMIT);
    }
}
