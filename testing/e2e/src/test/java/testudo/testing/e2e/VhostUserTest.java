package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Devices in processes of their own, with a stock kernel on real KVM: events, MSI-X interrupts and memory go past the machine's process.
class VhostUserTest extends OnProduct {
    private static final String BLOCK = "/tmp/block.sock";
    private static final String RNG = "/tmp/rng.sock";

    /// Starts a device process, and waits until it listens.
    private void device(String socket, String arguments) throws IOException, InterruptedException {
        host.exec("rm -f " + socket + "; setsid " + host.image() + "/bin/testudo device " + arguments + " --socket-path " + socket
                + " > " + socket + ".log 2>&1 & echo $! > " + socket + ".pid; n=0;"
                + " until [ -S " + socket + " ] || [ $n -ge 600 ]; do n=$((n+1)); usleep 100000; done; [ -S " + socket + " ]",
                Duration.ofMinutes(2)).orFail("starting device " + arguments);
    }

    private void kill(String socket) throws IOException, InterruptedException {
        host.exec("kill -s KILL $(cat " + socket + ".pid)").orFail("killing " + socket);
    }

    private boolean lives(String socket) throws IOException, InterruptedException {
        return host.exec("kill -0 $(cat " + socket + ".pid)").exitCode() == 0;
    }

    @Test
    void writesThroughAnotherProcessReadBackUnchanged() throws Exception {
        String disk = disk("data.img", 16);
        device(BLOCK, "block --block " + disk);
        device(RNG, "rng");
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).vcpus(2).withRootDisk().with(
                "--no-rng", "--vhost-user block,socket=" + BLOCK, "--vhost-user rng,socket=" + RNG));

        assertEquals("virtio_rng.0", guest.run("cat /sys/class/misc/hw_random/rng_current"));
        assertEquals("32", guest.run("head -c 32 /dev/hwrng | wc -c"));
        guest.console().fio().orFail("fio");
        assertTrue(guest.run("grep -c 'PCI-MSIX.*virtio' /proc/interrupts").compareTo("0") > 0, "by MSI-X");
        String sum = guest.run("md5sum < /dev/vdb");
        assertEquals(0, guest.end("poweroff -f"));

        assertEquals(sum, host.exec("md5sum < " + disk).stdout().strip(), "what the guest sees is what the file holds");
        host.exec("n=0; while kill -0 $(cat " + BLOCK + ".pid) && [ $n -lt 100 ]; do n=$((n+1)); usleep 100000; done");
        assertTrue(!lives(BLOCK) && !lives(RNG), "back-ends end with their front-end");
    }

    @Test
    void aBackEndThatWasKilledIsWaitedFor() throws Exception {
        String disk = disk("data.img", 16);
        device(BLOCK, "block --block " + disk);
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).with("--vhost-user block,socket=" + BLOCK));
        guest.run("head -c 1048576 /dev/urandom > /tmp/content; dd if=/tmp/content of=/dev/vda bs=64k conv=fsync 2> /dev/null");

        kill(BLOCK);
        guest.console().sendLine("dd if=/dev/vda bs=64k count=16 iflag=direct 2> /dev/null | cmp - /tmp/content && echo same-again");
        device(BLOCK, "block --block " + disk);

        guest.console().expect("same-again", Duration.ofMinutes(3));
    }

    /// Requests are completed in another order than they were made; the next back-end does what the killed one had not done, and only that.
    @Test
    void aBackEndThatIsKilledUnderLoadLosesNothing() throws Exception {
        ((OuterLinux) host).mountScratch();
        String disk = "/scratch/data.img"; // past the page cache, or each request would be done before the next one
        host.exec("truncate -s 16M " + disk).orFail("making " + disk);
        device(BLOCK, "block --block " + disk + ",direct=true");
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk().with("--vhost-user block,socket=" + BLOCK));

        guest.console().startFio();
        host.exec("n=0; until [ $(stat -c %b " + disk + ") -gt 100 ]; do n=$((n+1)); [ $n -lt 600 ] || exit 1; usleep 50000; done",
                Duration.ofMinutes(2)).orFail("waiting for writes");
        for (int i = 0; i < 3; i++) {
            kill(BLOCK);
            device(BLOCK, "block --block " + disk + ",direct=true");
            host.exec("usleep 500000");
        }

        assertEquals(0, guest.console().awaitFio());
    }

    @Test
    void aMachineDoesNotStartWithoutItsBackEnd() throws Exception {
        Host.Result result = host.exec(
                RunOptions.of(Kernel.CLOUD_6_12).with("--vhost-user block,socket=/tmp/wrong.sock").commandLine(host, backend), Duration
                        .ofMinutes(2));
        assertNotEquals(0, result.exitCode());
        assertTrue(result.stderr().contains("/tmp/wrong.sock: ENOENT"), result.stderr());
    }
}
