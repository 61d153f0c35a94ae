package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Each virtio device in a process of its own: the machine works, and nothing of it outlives it, however it ends.
class DeviceProcessTest {
    private static final Path BIOS = Path.of("/usr/share/seabios/bios.bin");
    private static final String MARKER = "from a process of its own";
    private static final int RESET = 32;
    private static final int CRASH = 33;
    /// Two disks.
    private static final int DEVICES = 2;

    @TempDir Path folder;

    private final List<Process> machines = new ArrayList<>();

    @BeforeEach
    void needs() {
        Product.assumeKvm();
        assumeTrue(Files.isRegularFile(BIOS), "needs " + BIOS + " of package seabios");
    }

    @AfterEach
    void endMachines() throws InterruptedException {
        for (Process machine : machines) {
            machine.destroyForcibly().waitFor();
        }
    }

    private String[] arguments(Path disk, String... more) throws IOException {
        return arguments("path=" + disk, more);
    }

    private String[] arguments(String disk, String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "--bios", BIOS.toString(),
                "--fw-cfg", "name=etc/show-boot-menu,path=" + Files.write(folder.resolve("menu"), new byte[1]),
                "--block", disk,
                "--block", "path=" + Files.write(folder.resolve("second"), new byte[1 << 20])));
        all.addAll(Arrays.asList(more));
        return all.toArray(String[]::new);
    }

    private Path disk(byte[] code) throws IOException {
        return GuestImage.disk(folder.resolve("disk"), code);
    }

    @Test
    void bootsFromADiskInAProcess() throws IOException, InterruptedException {
        Product.Ending ending = Product.run(
                folder, arguments(disk(GuestCode.real().awaitTick().print(MARKER).reset()), "--device-processes"));

        assertEquals(MARKER, ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
        assertFalse(ending.log().contains("ERROR"), ending::log);
    }

    @Test
    void bootsFromADiskInAJail() throws Exception {
        Process machine = begin(GuestCode.real().awaitTick().print(MARKER).reset());

        assertTrue(machine.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(RESET, machine.exitValue(), this::log);
        assertEquals(MARKER, Files.readString(folder.resolve("stdout"), StandardCharsets.ISO_8859_1), this::log);
        assertFalse(log().contains("ERROR") || log().contains("WARN"), this::log);
    }

    /// Its rings are made before the last wall, which refuses them.
    @Test
    void aDiskInAJailHasIoUring() throws Exception {
        Path disabled = Path.of("/proc/sys/kernel/io_uring_disabled");
        assumeTrue(!Files.exists(disabled) || Files.readString(disabled).strip().equals("0"), "needs io_uring");
        Path boot = disk(GuestCode.real().awaitTick().print(MARKER).reset());

        Process machine = Product.begin(folder, arguments("path=" + boot + ",async-executor=uring"));
        machines.add(machine);

        assertTrue(machine.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(RESET, machine.exitValue(), this::log);
        assertEquals(MARKER, Files.readString(folder.resolve("stdout"), StandardCharsets.ISO_8859_1), this::log);
    }

    /// Forbidden calls are let through: the machine runs, though its disks' policy names nothing that a disk needs.
    @Test
    void forbiddenCallsAreOnlyLoggedOnRequest() throws Exception {
        Files.writeString(folder.resolve("virtio-block.policy"), "getrandom: 1\n@default kill\n");
        byte[] code = GuestCode.real().awaitTick().print(MARKER).reset();

        Process killed = begin(code, "--seccomp-policy-dir", folder.toString());
        assertTrue(killed.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(1, killed.exitValue(), this::log);
        assertTrue(log().contains("--seccomp-log-failures"), this::log);

        Process logged = begin(code, "--seccomp-policy-dir", folder.toString(), "--seccomp-log-failures");
        assertTrue(logged.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(RESET, logged.exitValue(), this::log);
    }

    /// The root of each jail is built over the user's folder, of which the device sees nothing.
    @Test
    void rootsOfJailsAreBuiltWhereTheUserSays() throws Exception {
        Path root = Files.createDirectory(folder.resolve("root"));
        Files.createFile(root.resolve("secret"));
        Process machine = begin(GuestCode.real().print("!").halt(), "--pivot-root", root.toString());
        awaitOutput(machine, "!");

        for (ProcessHandle supervisor : devices(machine)) {
            Path inside = Path.of("/proc/" + supervisor.children().findFirst().orElseThrow().pid() + "/root");
            assertFalse(Files.exists(inside.resolve("secret")), inside::toString);
        }
        Process refused = begin(GuestCode.real().reset(), "--pivot-root", folder.resolve("none").toString());
        assertTrue(refused.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(1, refused.exitValue(), this::log);
        assertTrue(log().contains("none: give the absolute path of an existing folder"), this::log);
    }

    /// One look; `testing/e2e` looks closer, below a stock kernel.
    @Test
    void devicesAreInJails() throws Exception {
        Process machine = running();
        for (ProcessHandle supervisor : devices(machine)) {
            List<ProcessHandle> inside = supervisor.children().toList();
            assertEquals(1, inside.size(), this::log);
            List<String> status = Files.readAllLines(Path.of("/proc/" + inside.getFirst().pid() + "/status"));
            assertTrue(status.containsAll(List.of("CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2")), status::toString);
        }
    }

    /// No thread of the machine's own process is left out.
    @Test
    void theMachineItselfIsWalledIn() throws Exception {
        assertEquals(Set.of("1 2"), walls(running().pid()));
    }

    /// Behind its walls it still finds who listens to a serial port, if the user asked for that.
    @Test
    @Timeout(120)
    void whoListensToASerialPortMayComeLater() throws Exception {
        Path socket = folder.resolve("late.sock");
        Process machine = begin(
                GuestCode.real().out(0x2F8, 'x').print("!").halt(),
                "--serial", "type=unix-stream,hardware=serial,num=2,path=" + socket);
        awaitOutput(machine, "!");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            ByteBuffer heard = ByteBuffer.allocate(1);
            assertEquals(1, listener.accept().read(heard));
            assertEquals('x', heard.get(0));
        }
    }

    @Test
    void withoutASandboxItHasNoWalls() throws Exception {
        Process machine = begin(GuestCode.real().print("!").halt(), "--disable-sandbox");
        awaitOutput(machine, "!");
        assertEquals(walls(ProcessHandle.current().pid()), walls(machine.pid()));
    }

    /// What the threads of a process say of `NoNewPrivs` and `Seccomp`.
    private static Set<String> walls(long process) throws IOException {
        Set<String> found = new HashSet<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process + "/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    found.add(Files.readString(task.resolve("status")).replaceAll(
                            "(?s).*NoNewPrivs:\\s(\\d).*Seccomp:\\s(\\d).*", "$1 $2"));
                } catch (IOException gone) {
                    assertFalse(Files.exists(task), gone::toString); // compilers end threads that have no work
                }
            }
        }
        return found;
    }

    @Test
    void theUsersPolicyIsTaken() throws Exception {
        Files.writeString(folder.resolve("virtio-block.policy"), "open_sesame: 1\n");

        Process machine = begin(GuestCode.real().reset(), "--seccomp-policy-dir", folder.toString());

        assertTrue(machine.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(1, machine.exitValue(), this::log);
        assertTrue(log().contains("virtio-block.policy:1: unknown system call 'open_sesame'"), this::log);
    }

    /// What a machine would look like can be said where its jails can't be built.
    @Test
    void aPlanNeedsNoJail() throws Exception {
        String[] path = System.getenv("PATH").split(":", -1);
        assumeTrue(Stream.of(path).noneMatch(folder -> Files.exists(Path.of(folder, "minijail0"))), "needs a host without minijail0");

        Process planned = begin(GuestCode.real().reset(), "--jail-kind", "minijail", "--dump-machine");
        assertTrue(planned.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(0, planned.exitValue(), this::log);

        Process refused = begin(GuestCode.real().reset(), "--jail-kind", "minijail");
        assertTrue(refused.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(1, refused.exitValue(), this::log);
        assertTrue(log().contains("jail of kind minijail: "), this::log);
    }

    @Test
    void theWayOutRunsThemInside() throws Exception {
        Process machine = begin(GuestCode.real().print("!").halt(), "--disable-sandbox");
        awaitOutput(machine, "!");

        assertEquals(List.of(), machine.children().toList(), this::log);
        assertFalse(log().contains("WARN"), this::log); // who asks for it knows what it is
    }

    @Test
    void whatCanNotBeInAJailDoesNotStart() throws Exception {
        Process machine = begin(GuestCode.real().reset(), "--serial", "type=unix,path=/nosuch,hardware=virtio-console,num=1");

        assertTrue(machine.waitFor(120, TimeUnit.SECONDS), this::log);
        assertEquals(1, machine.exitValue(), this::log);
        assertTrue(log().contains("can't be in a jail: its socket is in no folder but the root"), this::log);
        assertTrue(log().contains("--disable-sandbox"), this::log);
    }

    @Test
    void commandsReachTheDeviceThatTheyAreFor() throws Exception {
        Path socket = folder.resolve("vm.sock");
        Process machine = begin(GuestCode.real().print("!").halt(), "--socket", socket.toString());
        awaitOutput(machine, "!");

        Product.Ending resized = Product.client(folder, "disk", "resize", "1", "2097152", socket.toString());
        Product.Ending missing = Product.client(folder, "disk", "resize", "7", "2097152", socket.toString());

        assertEquals(0, resized.status(), () -> resized.log() + log());
        assertEquals(2 << 20, Files.size(folder.resolve("second")));
        assertEquals(1, missing.status(), missing::log);
        assertTrue(machine.isAlive(), this::log);
    }

    @Test
    void consolesGetTheirTerminals() throws Exception {
        Process machine = begin(
                GuestCode.real().print("!").halt(), "--serial", "type=pty,hardware=virtio-console,num=1",
                "--serial", "type=stdout,hardware=virtio-console,num=2,stdin");
        awaitOutput(machine, "!");

        String said = Files.readString(folder.resolve("stdout"), StandardCharsets.ISO_8859_1);
        assertTrue(said.contains("virtio-console 1: /dev/pts/"), said);
        assertEquals(DEVICES + 2, machine.children().count(), this::log);
    }

    @Test
    void theNetworkOfTheUserIsReachedFromAJail() throws Exception {
        Process machine = begin(GuestCode.real().print("!").halt(), "--net", "user");
        awaitOutput(machine, "!");

        List<Path> networks = new ArrayList<>();
        for (ProcessHandle supervisor : machine.children().toList()) {
            networks.add(Files.readSymbolicLink(Path.of("/proc/" + supervisor.children().findFirst().orElseThrow().pid() + "/ns/net")));
        }
        Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
        assertEquals(DEVICES + 1, networks.size(), this::log);
        assertEquals(1, networks.stream().filter(own::equals).count(), () -> networks + " " + own);
    }

    @Test
    void aDiskThatCanNotBeOpenedIsNamed() throws IOException, InterruptedException {
        Product.Ending ending = Product.run(folder, arguments(folder.resolve("missing"), "--device-processes"));

        assertEquals(1, ending.status(), ending::log);
        assertTrue(ending.log().contains("missing: ENOENT"), ending::log);
    }

    @Test
    void devicesEndWhenTheMachineIsKilled() throws Exception {
        Process machine = running();
        List<ProcessHandle> devices = devices(machine);

        machine.destroyForcibly().waitFor();

        awaitEnd(devices);
    }

    @Test
    void theMachineEndsWhenADeviceIsKilled() throws Exception {
        Process machine = running();
        List<ProcessHandle> devices = devices(machine);

        devices.getFirst().destroyForcibly();

        assertTrue(machine.waitFor(60, TimeUnit.SECONDS), this::log);
        assertEquals(CRASH, machine.exitValue(), this::log);
        assertTrue(log().contains("process has ended"), this::log);
        awaitEnd(devices);
    }

    /// A machine whose guest waits for ever.
    private Process running() throws IOException, InterruptedException {
        Process machine = begin(GuestCode.real().print("!").halt());
        awaitOutput(machine, "!");
        return machine;
    }

    private void awaitOutput(Process machine, String text) throws IOException, InterruptedException {
        Path serial = folder.resolve("stdout");
        while (Files.notExists(serial) || !Files.readString(serial, StandardCharsets.ISO_8859_1).contains(text)) {
            assertFalse(machine.waitFor(50, TimeUnit.MILLISECONDS), this::log);
        }
    }

    /// A machine with devices in jails that boots this code.
    private Process begin(byte[] code, String... more) throws IOException {
        Process machine = Product.begin(folder, arguments(disk(code), more));
        machines.add(machine);
        return machine;
    }

    private List<ProcessHandle> devices(Process machine) {
        List<ProcessHandle> devices = machine.children().toList();
        assertEquals(DEVICES, devices.size(), () -> devices.stream().map(ProcessHandle::info).toList() + log());
        return devices;
    }

    private static void awaitEnd(List<ProcessHandle> devices) throws InterruptedException, ExecutionException, TimeoutException {
        for (ProcessHandle device : devices) {
            device.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("stderr"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
