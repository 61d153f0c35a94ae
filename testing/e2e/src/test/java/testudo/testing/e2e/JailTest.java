package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each virtio device in a process and a jail of its own, below a stock kernel on real KVM.
class JailTest extends OnProduct {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int CRASH = 33;
    private static final String NO_DEVICE = "n=0; while grep -l '[t]estudo.devicehost' /proc/[0-9]*/cmdline 2> /dev/null;"
            + " do n=$((n+1)); [ $n -lt 300 ] || exit 1; usleep 100000; done";

    /// Who runs the machine.
    enum User {
        ROOT(""), ORDINARY("/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups ");

        private final String become;

        User(String become) {
            this.become = become;
        }
    }

    private String data() {
        return host.folder() + "/data.img";
    }

    private String console() {
        return host.folder() + "/console.txt";
    }

    private RunOptions options(RunOptions base) throws IOException, InterruptedException {
        host.exec("rm -f " + console());
        return base.withRootDisk().withExtendedStatus().with(
                "--block path=" + disk("data.img", 16),
                "--serial type=file,path=" + console() + ",hardware=virtio-console,num=1");
    }

    private Guest boot(RunOptions options, User user) throws IOException, InterruptedException {
        host.exec("rm -f " + RunOptions.socket(host) + "; chmod 666 /dev/kvm; chown 1000:1000 " + data()).orFail("preparing");
        BackgroundProgram monitor = start(1, user.become + options.commandLine(host, backend));
        GuestConsole console = new GuestConsole(monitor.console());
        console.awaitPrompt();
        return new Guest(monitor, console);
    }

    /// Each device, and what of the host's files it may hold.
    private Map<String, Set<String>> devices() {
        return Map.of(
                "block0", Set.of(host.material() + "/root.ext4"),
                "block1", Set.of(data()),
                "console0", Set.of(console()),
                "rng0", Set.of(),
                "balloon0", Set.of());
    }

    private void assertWalls(DeviceWalls walls) {
        assertEquals(devices().size(), walls.count(), walls::toString);
        devices().forEach((device, files) -> {
            assertEquals(1, walls.processes(device).size(), () -> device + " in " + walls);
            assertEquals(List.of(), walls.faults(device, files), device);
        });
    }

    /// What the threads of the machine's own process say, each thing once.
    private String machinesWalls(Guest guest) throws IOException, InterruptedException {
        return host.exec("cat /proc/" + guest.monitor().pid() + "/task/*/status 2> /dev/null | grep -E '^(NoNewPrivs|Seccomp):' | sort -u")
                .stdout().strip().replace(":\t", ": ").replace("\n", ", ");
    }

    @ParameterizedTest
    @EnumSource
    void everyDeviceWorksInAJailOfItsOwn(User user) throws Exception {
        Guest guest = boot(options(RunOptions.of(Kernel.CLOUD_6_12).jailed()), user);

        assertWalls(DeviceWalls.of(host));
        guest.run("( stty raw; seq 1 2000 ) <> /dev/hvc0 >&0");
        assertEquals("32", guest.run("head -c 32 /dev/hwrng | wc -c"));
        assertEquals("1", guest.run("ls -d /sys/bus/virtio/drivers/virtio_balloon/virtio* | wc -l"));
        guest.console().fio().orFail("fio");
        String sum = guest.run("md5sum < /dev/vdb");
        assertWalls(DeviceWalls.of(host)); // compilers and collectors have run by now
        assertEquals("NoNewPrivs: 1, Seccomp: 2", machinesWalls(guest));
        assertEquals(0, guest.end("poweroff -f"), () -> "the machine's end");

        assertEquals(sum, host.exec("md5sum < " + data()).stdout().strip(), "what the guest sees is what the file holds");
        assertEquals(host.exec("seq 1 2000 | md5sum").stdout(), host.exec("md5sum < " + console()).stdout());
        host.exec(NO_DEVICE, LIMIT).orFail("device processes end with their machine");
    }

    /// Shows that the check above can fail.
    @Test
    void withoutJailsTheWallsAreMissing() throws Exception {
        Guest guest = boot(options(RunOptions.of(Kernel.CLOUD_6_12).apart()), User.ROOT);

        assertEquals("NoNewPrivs: 0, Seccomp: 0", machinesWalls(guest));
        DeviceWalls walls = DeviceWalls.of(host);

        assertEquals(devices().size(), walls.count(), walls::toString);
        devices().forEach((device, files) -> {
            List<String> faults = walls.faults(device, files);
            for (String wall : List.of("namespace user", "namespace pid", "namespace mnt", "namespace net", "CapEff", "CapBnd",
                    "NoNewPrivs is 0", "Seccomp is 0")) {
                assertTrue(faults.stream().anyMatch(fault -> fault.startsWith(wall)), () -> device + ": " + wall + " in " + faults);
            }
            assertTrue(files.isEmpty() || !walls.faults(device, Set.of()).equals(faults), "an unlisted file would be found");
        });
    }

    @Test
    void aKilledDeviceEndsTheMachine() throws Exception {
        Guest guest = boot(options(RunOptions.of(Kernel.CLOUD_6_12).jailed()), User.ROOT);
        String block = DeviceWalls.of(host).processes("block1").getFirst();

        host.exec("kill -s KILL " + block).orFail("killing a device");

        assertEquals(CRASH, guest.monitor().awaitExit(LIMIT));
        assertTrue(guest.monitor().stderr().contains("block1: the device's process has ended"), guest.monitor().stderr());
        host.exec(NO_DEVICE, LIMIT).orFail("the other devices end, too");
    }

    @Test
    void noDeviceOutlivesAKilledMachine() throws Exception {
        Guest guest = boot(options(RunOptions.of(Kernel.CLOUD_6_12).jailed()), User.ROOT);
        assertEquals(devices().size(), DeviceWalls.of(host).count());

        host.exec("kill -s KILL " + guest.monitor().pid()).orFail("killing the machine");

        host.exec(NO_DEVICE, LIMIT).orFail("orphans");
    }

    @Test
    void aHostWithoutUserNamespacesRunsNothingUnjailed() throws Exception {
        RunOptions options = options(RunOptions.of(Kernel.CLOUD_6_12).jailed());
        host.exec("cat /proc/sys/user/max_user_namespaces > /tmp/limit; echo 0 > /proc/sys/user/max_user_namespaces").orFail("limiting");
        Host.Result result = host.exec(options.commandLine(host, backend), LIMIT);
        host.exec("cat /tmp/limit > /proc/sys/user/max_user_namespaces").orFail("lifting the limit");

        assertNotEquals(0, result.exitCode());
        assertTrue(result.stderr().contains("user.max_user_namespaces"), result.stderr());
        assertTrue(result.stderr().contains("ENOSPC"), result.stderr());
    }
}
