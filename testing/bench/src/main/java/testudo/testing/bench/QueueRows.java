package testudo.testing.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Taking and completing chains: our queues under JMH, a fresh JVM for each round, and the same work in C.
final class QueueRows {
    private static final String PEER = "C";
    private static final int SCORE_COLUMN = 4;

    private final Settings settings;
    private final Measurements measurements;

    QueueRows(Settings settings, Measurements measurements) {
        this.settings = settings;
        this.measurements = measurements;
    }

    /// Measures both kinds of ring, in turns.
    void run() throws IOException {
        Path peer = settings.peers().resolve("ring");
        boolean peerIsThere = Files.isExecutable(peer);
        if (!peerIsThere) {
            measurements.missing(PEER, peer + " was not compiled (Debian: apt install gcc libc6-dev)");
        }
        for (int round = 0; round < settings.rounds(); round++) {
            for (String kind : List.of("split", "packed")) {
                Row time = new Row("queue", kind + " ring: offer, take and complete a chain", "ns", Row.Better.LOWER);
                ours(kind, time);
                if (peerIsThere) {
                    String nanos = Programs.output(List.of(peer.toString(), kind, Integer.toString(settings.millis())));
                    measurements.add(time, PEER, Double.parseDouble(nanos));
                }
            }
        }
    }

    private void ours(String kind, Row time) throws IOException {
        Path csv = settings.work().resolve("jmh.csv");
        Files.deleteIfExists(csv);
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "org.openjdk.jmh.Main",
                "QueueBenchmark", "-p", "ring=" + kind, "-f", "1", "-wi", "5", "-i", "5",
                "-w", settings.millis() + "ms", "-r", settings.millis() + "ms", "-prof", "gc", "-rf", "csv", "-rff", csv.toString()));
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (option.startsWith("-XX:+Use") || option.startsWith("-Xmx")) {
                command.addAll(List.of("-jvmArgsAppend", option));
            }
        }
        Programs.output(command);
        for (String line : Files.readAllLines(csv)) {
            String[] cells = line.replace("\"", "").split(",", -1);
            String what = cells[0].toLowerCase(Locale.ROOT);
            if (what.endsWith(".batch")) {
                measurements.add(time, Measurements.OURS, Double.parseDouble(cells[SCORE_COLUMN]));
            } else if (what.endsWith("gc.alloc.rate.norm")) {
                measurements.add(new Row("queue", kind + " ring: bytes allocated for a chain", "bytes", Row.Better.LOWER), Measurements.OURS,
                        Double.parseDouble(cells[SCORE_COLUMN]));
            }
        }
    }
}
