package testudo.testing.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Runs the benchmarks: `testing/bench/run` starts it.
public final class Bench {
    private static final List<String> ROWS = List.of("processes", "block", "network", "queues", "soft");

    private Bench() {}

    /// Measures and writes `raw.tsv` and `report.md`.
    /// @param arguments image, peers, work and output folder; then `quick` or `full`; then the rows, none for all
    /// @throws IOException when files or processes fail
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 5) {
            System.err.println("usage: Bench IMAGE PEERS WORK OUTPUT quick|full [" + String.join("|", ROWS) + "]…");
            System.exit(2);
        }
        Path image = Path.of(arguments[0]);
        Path peers = Path.of(arguments[1]);
        Path work = Files.createDirectories(Path.of(arguments[2]));
        Path output = Files.createDirectories(Path.of(arguments[3]));
        Settings settings = arguments[4].equals("quick")
                ? Settings.quick(image, peers, work, output)
                : Settings.full(image, peers, work, output);
        List<String> rows = new ArrayList<>(List.of(arguments).subList(5, arguments.length));
        if (rows.isEmpty()) {
            rows.addAll(ROWS);
        }
        try (Measurements measurements = new Measurements(output.resolve("raw.tsv"), System.err)) {
            measure(settings, measurements, rows);
            String report = machine() + new Report(measurements).markdown();
            Files.writeString(output.resolve("report.md"), report);
            System.out.print(report);
        }
        System.exit(0); // the platform's threads are daemons; a limit's timer may not be
    }

    private static void measure(Settings settings, Measurements measurements, List<String> rows) throws IOException {
        for (String row : rows) {
            switch (row) {
                case "processes" -> new ProcessRows(settings, measurements).run();
                case "block" -> new BlockRows(settings, measurements).run(Programs.find("qemu-storage-daemon"));
                case "network" -> new NetworkRows(settings, measurements).run();
                case "queues" -> new QueueRows(settings, measurements).run();
                case "soft" -> new SoftRows(settings, measurements, Path.of(System.getProperty("testudo.bench.material", ""))).run();
                default -> throw new IllegalArgumentException("rows are " + String.join(", ", ROWS) + ", not " + row);
            }
        }
    }

    /// What was measured on, as far as it matters to somebody else.
    private static String machine() throws IOException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse(System.getProperty("os.arch"));
        String[] kernel = System.getProperty("os.version").split("[.-]", -1);
        String load = Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0];
        return String.format(Locale.ROOT, "%s UTC; %d CPUs (%s); Linux %s.%s; Java %s; load at the end %s%n",
                ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT)),
                Runtime.getRuntime().availableProcessors(), model, kernel[0], kernel[1], Runtime.version(), load);
    }
}
