package testudo.testing.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Every figure of a run, kept in memory and, one line each, in a file of tab-separated values.
final class Measurements implements AutoCloseable {
    /// The subject that the others are compared with.
    static final String OURS = "testudo";

    private final Map<Row, Map<String, List<Double>>> figures = new LinkedHashMap<>();
    private final Map<String, String> missing = new LinkedHashMap<>();
    private final Writer raw;
    private final PrintStream progress;

    /// Starts a file.
    /// @param file replaced when it exists
    /// @param progress gets a line for each figure
    Measurements(Path file, PrintStream progress) {
        this.progress = progress;
        try {
            raw = Files.newBufferedWriter(file);
            raw.write("group\trow\tunit\tbetter\tsubject\tround\tvalue\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Adds a figure.
    /// @param row what was measured
    /// @param subject of what: [#OURS] or a peer
    /// @param value in the row's unit
    void add(Row row, String subject, double value) {
        List<Double> series = figures.computeIfAbsent(row, key -> new LinkedHashMap<>())
                .computeIfAbsent(subject, key -> new ArrayList<>());
        series.add(value);
        String line = String.format(Locale.ROOT, "%s\t%s\t%s\t%s\t%s\t%d\t%.4f", row.group(), row.name(), row.unit(), row.better(), subject,
                series.size(), value);
        progress.println(line);
        try {
            raw.write(line + "\n");
            raw.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Notes that something was not measured.
    /// @param what a subject or group
    /// @param why with what to do about it
    void missing(String what, String why) {
        if (missing.put(what, why) == null) {
            progress.println("not measured: " + what + ": " + why);
        }
    }

    /// All figures: row, subject, one value for each round.
    Map<Row, Map<String, List<Double>>> figures() {
        return figures;
    }

    /// What was not measured, and why.
    Map<String, String> missing() {
        return missing;
    }

    @Override
    public void close() {
        try {
            raw.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
