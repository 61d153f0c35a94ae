package testudo.testing.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Makes a Markdown table of ratios from the figures of a run.
///
/// A ratio is taken within a round, where both subjects met the same machine; the table shows the median of the rounds and the extremes.
final class Report {
    private final Measurements measurements;

    Report(Measurements measurements) {
        this.measurements = measurements;
    }

    /// The table.
    /// @return lines, each with its end
    String markdown() {
        StringBuilder text = new StringBuilder();
        String group = "";
        for (Map.Entry<Row, Map<String, List<Double>>> entry : measurements.figures().entrySet()) {
            Row row = entry.getKey();
            if (!row.group().equals(group)) {
                group = row.group();
                text.append("\n### ").append(group).append("\n\n");
                text.append("| row | unit | testudo | peer | peer's figure | ours / peer (min–max) | |\n");
                text.append("|---|---|---|---|---|---|---|\n");
            }
            rows(text, row, entry.getValue());
        }
        measurements.missing().forEach((what, why) -> text.append("\nNot measured: ").append(what).append(": ").append(why).append('\n'));
        return text.toString();
    }

    private static void rows(StringBuilder text, Row row, Map<String, List<Double>> subjects) {
        List<Double> ours = subjects.getOrDefault(Measurements.OURS, List.of());
        boolean alone = true;
        for (Map.Entry<String, List<Double>> peer : subjects.entrySet()) {
            if (!peer.getKey().equals(Measurements.OURS)) {
                alone = false;
                List<Double> ratios = ratios(ours, peer.getValue());
                line(text, row, spread(ours), peer.getKey(), spread(peer.getValue()), spread(ratios), verdict(row, ratios));
            }
        }
        if (alone) {
            line(text, row, spread(ours), "–", "–", "–", "");
        }
    }

    private static void line(StringBuilder text, Row row, String... cells) {
        text.append("| ").append(row.name()).append(" | ").append(row.unit());
        for (String cell : cells) {
            text.append(" | ").append(cell);
        }
        text.append(" |\n");
    }

    private static List<Double> ratios(List<Double> ours, List<Double> peers) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(ours.size(), peers.size()); i++) {
            if (peers.get(i) > 0) {
                ratios.add(ours.get(i) / peers.get(i));
            }
        }
        return ratios;
    }

    private static String verdict(Row row, List<Double> ratios) {
        if (ratios.isEmpty()) {
            return "";
        }
        double least = ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double most = ratios.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        boolean lower = row.better() == Row.Better.LOWER;
        if (most < 1) {
            return lower ? "better" : "worse";
        }
        if (least > 1) {
            return lower ? "worse" : "better";
        }
        return "even";
    }

    private static String spread(List<Double> values) {
        if (values.isEmpty()) {
            return "–";
        }
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        return number(median(values)) + " (" + number(least) + "–" + number(most) + ")";
    }

    /// The middle value.
    /// @param values at least one
    /// @return the median
    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static String number(double value) {
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
    }
}
