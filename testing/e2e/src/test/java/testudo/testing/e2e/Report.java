package testudo.testing.e2e;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// Text for a failed test's reader.
final class Report {
    private static final Pattern CONTROL = Pattern.compile("\u001b\\[[0-9;?]*[a-zA-Z]|[\\x00-\\x08\\x0b-\\x1f\\x7f]");

    private Report() {}

    /// The last `count` lines, without control characters.
    static String lastLines(String text, int count) {
        List<String> lines = Arrays.asList(CONTROL.matcher(text).replaceAll("").split("\n", -1));
        return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }
}
