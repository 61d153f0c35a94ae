package testudo.testing.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Networks without privileges: a network namespace stands for the guest, its kernel's stack for the guest's. What carries its frames to sockets of the host is
/// our user network, libslirp (`slirp4netns`) or passt (`pasta`), each at a tap. Needs root, which makes the namespace and nothing else.
final class NetworkRows {
    private static final String GUEST = "testudo-bench";
    private static final String TAP = "tbench0";
    private static final int PORT = 5201;
    private static final int REQUESTS_PER_MILLI = 20;
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Pattern RATE = Pattern.compile("\"sum_received\":\\s*\\{[^}]*?\"bits_per_second\":\\s*([0-9.e+]+)");
    private static final Pattern BYTES = Pattern.compile("\"sum_received\":\\s*\\{[^}]*?\"bytes\":\\s*([0-9]+)");
    private static final Pattern UDP_RATE = Pattern.compile("\"sum\":\\s*\\{[^}]*?\"bits_per_second\":\\s*([0-9.e+]+)");
    private static final Pattern UDP_LOSS = Pattern.compile("\"sum\":\\s*\\{[^}]*?\"lost_percent\":\\s*([0-9.e+-]+)");

    private final Settings settings;
    private final Measurements measurements;

    NetworkRows(Settings settings, Measurements measurements) {
        this.settings = settings;
        this.measurements = measurements;
    }

    /// What carries the frames, while it runs.
    /// @param name for the table
    /// @param host the address at which the guest reaches the host's loopback
    /// @param process it
    private record Carrier(String name, String host, Process process) {}

    /// Measures all that are there, in turns.
    void run() throws IOException {
        for (String program : List.of("iperf3", "ip", "slirp4netns", "pasta")) {
            if (!Files.isExecutable(Programs.find(program))) {
                measurements.missing(program, "not installed (Debian: apt install iperf3 iproute2 slirp4netns passt)");
            }
        }
        if (!Files.isExecutable(Programs.find("iperf3"))) {
            return;
        }
        if (!Files.isWritable(Path.of("/run"))) {
            measurements.missing("network", "network namespaces take root here");
            return;
        }
        Process server = new ProcessBuilder("iperf3", "-s", "-B", "127.0.0.1", "-p", Integer.toString(PORT))
                .redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
        try (PingPong.EchoServer echo = new PingPong.EchoServer()) {
            for (int round = 0; round < settings.rounds(); round++) {
                for (String name : List.of(Measurements.OURS, "slirp4netns", "pasta")) {
                    if (name.equals(Measurements.OURS) || Files.isExecutable(Programs.find(name))) {
                        round(name, echo.port());
                    }
                }
            }
        } finally {
            server.destroyForcibly();
        }
    }

    private void round(String name, int echoPort) throws IOException {
        Programs.output(List.of("ip", "netns", "add", GUEST));
        try {
            Programs.output(inGuest("ip", "link", "set", "lo", "up"));
            Carrier carrier = switch (name) {
                case "slirp4netns" -> slirp();
                case "pasta" -> pasta();
                default -> ours();
            };
            try {
                measure(carrier);
                requests(carrier, "tcp", echoPort);
                requests(carrier, "udp", echoPort);
            } finally {
                carrier.process().destroy();
                end(carrier.process());
            }
        } finally {
            Programs.output(List.of("ip", "netns", "del", GUEST));
        }
    }

    private static void end(Process process) throws IOException {
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static List<String> inGuest(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", GUEST));
        all.addAll(List.of(command));
        return all;
    }

    private Carrier ours() throws IOException {
        Programs.output(List.of("ip", "tuntap", "add", "dev", TAP, "mode", "tap", "vnet_hdr"));
        Programs.output(List.of("ip", "link", "set", TAP, "up"));
        List<String> command = new ArrayList<>(List.of(JAVA.toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (option.startsWith("-XX:+Use") || option.startsWith("-Xmx")) {
                command.add(option);
            }
        }
        command.addAll(List.of(NetworkRelay.class.getName(), TAP));
        Process relay = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        awaitLine(relay);
        Programs.output(List.of("ip", "link", "set", TAP, "netns", GUEST));
        Programs.output(inGuest("ip", "addr", "add", "10.0.2.15/24", "dev", TAP));
        Programs.output(inGuest("ip", "link", "set", TAP, "up"));
        return new Carrier(Measurements.OURS, "10.0.2.2", relay);
    }

    private Carrier slirp() throws IOException {
        Process process = new ProcessBuilder(Programs.find("slirp4netns").toString(), "--configure", "--mtu=65520", "--netns-type=path",
                "/run/netns/" + GUEST, TAP)
                .redirectOutput(settings.work().resolve("slirp4netns.log").toFile()).redirectErrorStream(true).start();
        awaitInterface(process);
        return new Carrier("slirp4netns", "10.0.2.2", process);
    }

    private Carrier pasta() throws IOException {
        Process process = new ProcessBuilder(Programs.find("pasta").toString(), "--foreground", "--config-net", "--runas", "0:0",
                "--ns-ifname", TAP, "--gateway", "10.0.2.2", "--address", "10.0.2.15", "--netmask", "255.255.255.0",
                "--ipv4-only", "--mtu", "65520", "-t", "none", "-u", "none", "-T", "none", "-U", "none", "--netns", "/run/netns/" + GUEST)
                .redirectOutput(settings.work().resolve("pasta.log").toFile()).redirectErrorStream(true).start();
        awaitInterface(process);
        return new Carrier("pasta", "10.0.2.2", process);
    }

    private static void awaitLine(Process process) throws IOException {
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        if (!"ready".equals(lines.readLine())) {
            throw new IOException("the relay did not start");
        }
    }

    private static void awaitInterface(Process process) throws IOException {
        String ready = "until ip -4 -o addr show dev " + TAP + " 2> /dev/null | grep -q inet && ip link show dev " + TAP
                + " | grep -q LOWER_UP;"
                + " do kill -0 " + process.pid() + " || exit 1; sleep 0.05; done";
        Programs.output(inGuest("sh", "-c", ready));
    }

    private void measure(Carrier carrier) throws IOException {
        String seconds = Integer.toString(Math.max(1, settings.millis() * 3 / 1000));
        String bytes = settings.millis() + "M"; // the same work however busy the machine is: a compiler has as much of it to see
        iperf(carrier, "-n", bytes, "-p", Integer.toString(PORT));
        iperf(carrier, "-n", bytes, "-p", Integer.toString(PORT), "-R");
        tcp(carrier, "TCP, guest to host", bytes);
        tcp(carrier, "TCP, host to guest", bytes, "-R");
        udp(carrier, "UDP of 1400 bytes, 500 Mbit/s offered, guest to host", seconds);
        udp(carrier, "UDP of 1400 bytes, 500 Mbit/s offered, host to guest", seconds, "-R");
    }

    private void tcp(Carrier carrier, String what, String bytes, String... more) throws IOException {
        long before = Programs.processorNanos(carrier.process().pid());
        String answer = iperf(carrier, with(more, "-n", bytes, "-p", Integer.toString(PORT)));
        long used = Programs.processorNanos(carrier.process().pid()) - before;
        measurements.add(row(what, "MiB/s", Row.Better.HIGHER), carrier.name(), number(RATE, answer) / 8 / (1 << 20));
        measurements.add(row(what + ": carrier's processor time for a MiB", "µs", Row.Better.LOWER), carrier.name(),
                used / 1e3 / (number(BYTES, answer) / (1 << 20)));
    }

    private void udp(Carrier carrier, String what, String seconds, String... more) throws IOException {
        String answer = iperf(carrier, with(more, "-t", seconds, "-p", Integer.toString(PORT), "-u", "-b", "500M", "-l", "1400"));
        double arrived = number(UDP_RATE, answer) * (100 - number(UDP_LOSS, answer)) / 100;
        measurements.add(row(what + ": arrived", "Mbit/s", Row.Better.HIGHER), carrier.name(), arrived / 1e6);
    }

    private void requests(Carrier carrier, String protocol, int port) throws IOException {
        int count = settings.millis() * REQUESTS_PER_MILLI;
        List<String> command = inGuest(JAVA.toString(), "-XX:+UseSerialGC", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                PingPong.class.getName(), protocol, carrier.host(), Integer.toString(port), Integer.toString(count));
        Process client = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        try (BufferedReader lines = client.inputReader(StandardCharsets.UTF_8)) {
            if (!"warm".equals(lines.readLine())) {
                throw new IOException("no answers over " + protocol + " through " + carrier.name());
            }
            long before = Programs.processorNanos(carrier.process().pid());
            client.getOutputStream().write('\n');
            client.getOutputStream().flush();
            String figures = lines.readLine();
            long used = Programs.processorNanos(carrier.process().pid()) - before;
            if (figures == null) {
                throw new IOException("the answers over " + protocol + " ended through " + carrier.name());
            }
            String[] figure = figures.split(" ", -1);
            String what = protocol.toUpperCase(Locale.ROOT) + ", request and answer of " + PingPong.MESSAGE_BYTES + " bytes, one at a time";
            measurements.add(row(what, "1/s", Row.Better.HIGHER), carrier.name(), Double.parseDouble(figure[0]));
            measurements.add(row(what + ": median", "µs", Row.Better.LOWER), carrier.name(), Double.parseDouble(figure[1]));
            measurements.add(row(what + ": 99th percentile", "µs", Row.Better.LOWER), carrier.name(), Double.parseDouble(figure[2]));
            measurements.add(row(what + ": carrier's processor time", "µs", Row.Better.LOWER), carrier.name(), used / 1e3 / count);
        } finally {
            client.destroy();
            end(client);
        }
    }

    private static String[] with(String[] more, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static String iperf(Carrier carrier, String... options) throws IOException {
        return Programs.output(inGuest(with(options, "iperf3", "-J", "-c", carrier.host())));
    }

    private static double number(Pattern pattern, String text) throws IOException {
        Matcher found = pattern.matcher(text);
        if (!found.find()) {
            throw new IOException("iperf3 said no " + pattern + ": " + text);
        }
        return Double.parseDouble(found.group(1));
    }

    private static Row row(String what, String unit, Row.Better better) {
        return new Row("network", what, unit, better);
    }
}
