package testudo.testing.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Taking and completing chains: our queues under JMH, a fresh JVM for each round, and the same work in C.
final class QueueRows {
    private static final String PEER = "C";
    private static final String CLOCK = "offer, take and complete a chain";
    private static final String PROCESSOR = "the same, processor time";
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
                ours(kind);
                if (peerIsThere) {
                    String[] nanos = Programs.output(List.of(peer.toString(), kind, Integer.toString(settings.millis()))).split(" ", -1);
                    measurements.add(row(kind, CLOCK, "ns"), PEER, Double.parseDouble(nanos[0]));
                    measurements.add(row(kind, PROCESSOR, "ns"), PEER, Double.parseDouble(nanos[1]));
                }
            }
        }
    }

    private void ours(String kind) throws IOException {
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
        Map<String, Double> scores = new HashMap<>();
        for (String line : Files.readAllLines(csv)) {
            String[] cells = line.replace("\"", "").split(",", -1);
            if (cells[0].contains(".batch")) {
                scores.put(cells[0].substring(cells[0].lastIndexOf('.') + 1), Double.parseDouble(cells[SCORE_COLUMN]));
            }
        }
        measurements.add(row(kind, CLOCK, "ns"), Measurements.OURS, score(scores, "batch"));
        measurements.add(row(kind, PROCESSOR, "ns"), Measurements.OURS, score(scores, "batch:nanos") / score(scores, "batch:chains"));
        measurements.add(row(kind, "bytes allocated for a chain", "bytes"), Measurements.OURS, score(scores, "norm"));
    }

    private static double score(Map<String, Double> scores, String name) throws IOException {
        Double score = scores.get(name);
        if (score == null) {
            throw new IOException("JMH gave no %s, only %s".formatted(name, scores.keySet()));
        }
        return score;
    }

    private static Row row(String kind, String what, String unit) {
        return new Row("queue", kind + " ring: " + what, unit, Row.Better.LOWER);
    }
}
