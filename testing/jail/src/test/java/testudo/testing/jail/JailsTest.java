package testudo.testing.jail;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kind of jail that this host has, as root and as an ordinary user.
class JailsTest {
    private static final String POLICY = "@include file.policy\n@include common.policy\n";
    private static final List<String> NAMESPACES = List.of("user", "pid", "mnt", "net", "ipc", "uts", "cgroup");
    private static final int HIGHEST_LISTED = 7;
    /// Empty, or why a kind of jail is not to be had.
    private static final Map<String, String> PROBED = new HashMap<>();

    @TempDir Path folder;

    static Stream<Arguments> jails() {
        return Stream.of("unshare", "bubblewrap", "minijail")
                .flatMap(kind -> Stream.of(Arguments.of(kind, false), Arguments.of(kind, true)));
    }

    /// Skips, with the provider's own words, what the host does not have; an ordinary user is played by root alone.
    private static void assumeReady(String kind, boolean ordinary) throws IOException, InterruptedException {
        assumeTrue(!ordinary || Outside.root(), "only root can become an ordinary user");
        String key = kind + ordinary;
        if (!PROBED.containsKey(key)) {
            Process probe = Outside.java(ordinary, JailRunner.class.getName(), kind, "probe").start();
            String answer = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            PROBED.put(key, probe.waitFor() == 0 ? "" : answer);
        }
        assumeTrue(PROBED.get(key).isEmpty(), () -> PROBED.get(key));
    }

    @Test
    void theAlwaysThereJailIsThere() throws Exception {
        Process probe = Outside.java(false, JailRunner.class.getName(), "unshare", "probe").start();
        String answer = new String(probe.getInputStream().readAllBytes());
        assertEquals(0, probe.waitFor(), answer);
    }

    @ParameterizedTest
    @MethodSource("jails")
    void nothingForbiddenGetsThrough(String kind, boolean ordinary) throws Exception {
        assumeReady(kind, ordinary);

        Map<String, String> results = attempts(ordinary, JailRunner.class.getName(), kind);

        assertTrue(results.size() >= 40, () -> "attempts: " + results.size());
        assertAll(results.entrySet().stream().map(result -> (Executable) () -> assertFalse(
                result.getValue().endsWith("=true"), () -> result + " got through in a jail of kind " + kind)));
    }

    /// The positive control: without a jail, as root, the same attempts get through.
    @Test
    void outsideOfAJailTheyGetThrough() throws Exception {
        assumeTrue(Outside.root(), "needs root");
        List<String> missing = List.of("-38=false", "-95=false", "-97=false", "-22=false", Long.MIN_VALUE + "=false");

        Map<String, String> results = attempts(false);

        // ENOSYS, EOPNOTSUPP, EAFNOSUPPORT: this kernel has no such thing at all.
        assertAll(results.entrySet().stream()
                .filter(result -> !missing.contains(result.getValue()))
                .map(result -> (Executable) () -> assertTrue(result.getValue().endsWith("=true"), result::toString)));
        assertTrue(results.values().stream().filter(value -> value.endsWith("=true")).count() >= 40, results::toString);
    }

    /// The machine's own process is in no jail, but behind a filter.
    @Test
    void behindTheMachinesOwnWallNothingGetsThrough() throws Exception {
        assumeTrue(Outside.root(), "needs root");
        String policy = Files.readString(Path.of("../../core.module/src/main/resources/META-INF/seccomp/machine.policy"));
        Map<String, String> results = attempts(false, List.of(), List.of(policy));

        assertTrue(results.size() >= 40, () -> "attempts: " + results.size());
        assertAll(results.entrySet().stream().map(result -> (Executable) () -> assertFalse(
                result.getValue().endsWith("=true"), result::toString)));
    }

    @ParameterizedTest
    @MethodSource("jails")
    void aWarmDeviceWorksAndEveryThreadIsConfined(String kind, boolean ordinary) throws Exception {
        assumeReady(kind, ordinary);
        Process runner = Outside.java(ordinary, JailRunner.class.getName(), kind, WarmDevice.class.getName(), POLICY).start();
        try (BufferedReader out = runner.inputReader()) {
            List<String> lines = new ArrayList<>();
            String line;
            while ((line = out.readLine()) != null) {
                lines.add(line);
                if (line.startsWith("done")) {
                    break;
                }
            }
            assertTrue(!lines.isEmpty() && lines.getLast().startsWith("done"), () -> String.join("\n", lines));

            long device = Outside.innermost(runner.pid());
            assertNotEquals(runner.pid(), device);
            confined(device);
            descriptors(device);

            runner.getOutputStream().write('\n');
            runner.getOutputStream().flush();
            assertEquals(0, runner.waitFor(), () -> String.join("\n", lines));
        } finally {
            runner.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @MethodSource("jails")
    void aJailDiesWithTheMainProcess(String kind, boolean ordinary) throws Exception {
        assumeReady(kind, ordinary);
        Process runner = Outside.java(ordinary, JailRunner.class.getName(), kind, WarmDevice.class.getName(), POLICY).start();
        try (BufferedReader out = runner.inputReader()) {
            assertEquals("ready", out.readLine());
            ProcessHandle device = ProcessHandle.of(Outside.innermost(runner.pid())).orElseThrow();

            runner.destroyForcibly().waitFor();

            device.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private static void confined(long device) throws IOException {
        List<Executable> checks = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + device + "/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    checks.addAll(confinement(task));
                } catch (IOException gone) {
                    assertFalse(Files.exists(task), gone::toString); // compilers end threads that have no work
                }
            }
        }
        assertTrue(checks.size() > 100, "several threads");
        assertAll(checks);
    }

    private static List<Executable> confinement(Path task) throws IOException {
        List<Executable> checks = new ArrayList<>();
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            String value = Outside.status(task, set);
            checks.add(() -> assertEquals("0000000000000000", value, task + " " + set));
        }
        String privileges = Outside.status(task, "NoNewPrivs");
        String seccomp = Outside.status(task, "Seccomp");
        String filters = Outside.status(task, "Seccomp_filters");
        checks.add(() -> assertEquals("1", privileges, task + " NoNewPrivs"));
        checks.add(() -> assertEquals("2", seccomp, task + " Seccomp"));
        checks.add(() -> assertEquals("2", filters, task + " filters: start-up and strict"));
        for (String namespace : NAMESPACES) {
            String own = Files.readSymbolicLink(task.resolve("ns/" + namespace)).toString();
            String ours = Files.readSymbolicLink(Path.of("/proc/self/ns/" + namespace)).toString();
            checks.add(() -> assertNotEquals(ours, own, task + " namespace"));
        }
        return checks;
    }

    /// Standard streams, what was passed, and what the runtime opened of the files it was granted.
    private static void descriptors(long device) throws IOException {
        Map<Integer, String> open = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(Path.of("/proc/" + device + "/fd"))) {
            for (Path file : files.toList()) {
                open.put(Integer.parseInt(file.getFileName().toString()), Files.readSymbolicLink(file).toString());
            }
        }
        assertTrue(open.get(HIGHEST_LISTED).contains("passed"), open::toString);
        String home = System.getProperty("java.home");
        open.forEach((number, target) -> assertTrue(
                number <= 2 || number == HIGHEST_LISTED || target.startsWith(home) || target.endsWith(".jar"),
                () -> number + " -> " + target));
    }

    private Map<String, String> attempts(boolean ordinary, String... runner) throws IOException, InterruptedException {
        return attempts(ordinary, List.of(runner), List.of());
    }

    private Map<String, String> attempts(boolean ordinary, List<String> runner, List<String> more) throws IOException,
            InterruptedException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path program = Files.createFile(folder.resolve("program"));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = folder.resolve("socket");
        List<String> command = new ArrayList<>(Outside.as(ordinary));
        command.addAll(List.of("sh", "-c", "echo up; read line"));
        Process victim = new ProcessBuilder(command).start();
        assertEquals("up", victim.inputReader().readLine());
        try (ServerSocket tcp = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unix.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            abstractSocket(socket.toString());
            List<String> arguments = new ArrayList<>(runner);
            arguments.addAll(List.of(
                    Prober.class.getName(),
                    Long.toString(victim.pid()),
                    Long.toString(stack(victim.pid())),
                    Integer.toString(tcp.getLocalPort()),
                    socket.toString(),
                    folder.toString()));
            arguments.addAll(more);
            Process prober = Outside.java(ordinary, arguments.toArray(String[]::new)).start();
            String output = new String(prober.getInputStream().readAllBytes());
            assertEquals(0, prober.waitFor(), output);
            assertTrue(output.endsWith("end\n"), output);
            Map<String, String> results = new LinkedHashMap<>();
            output.lines().filter(line -> line.contains("=")).forEach(line -> results.put(
                    line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
            return results;
        } finally {
            victim.destroyForcibly().waitFor();
        }
    }

    /// Listens on an abstract socket until this process ends.
    private static void abstractSocket(String name) {
        byte[] address = new byte[112];
        address[0] = 1;
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, address, 3, bytes.length);
        long[] longs = new long[14];
        ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(longs);
        long descriptor = Kernel.call("socket", 1, 1 | 0x80000, 0);
        assertEquals(0, Kernel.call("bind", descriptor, Kernel.words(longs), bytes.length + 3));
        assertEquals(0, Kernel.call("listen", descriptor, 8));
    }

    private static long stack(long process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process + "/maps"))
                .stream()
                .filter(line -> line.endsWith("[stack]"))
                .map(line -> Long.parseLong(line.substring(0, line.indexOf('-')), 16))
                .findFirst()
                .orElseThrow();
    }
}
