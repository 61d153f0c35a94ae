package testudo.testing.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/// The kernel messages of level "warning" or worse that a healthy guest may show: `allowed-warnings.txt`, one regular
/// expression a line, then two spaces, `#` and the reason.
final class AllowedWarnings {
    private AllowedWarnings() {}

    static List<Pattern> read() throws IOException {
        try (InputStream stream = AllowedWarnings.class.getResourceAsStream("/allowed-warnings.txt")) {
            String text = new String(Objects.requireNonNull(stream, "allowed-warnings.txt").readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).map(AllowedWarnings::pattern).toList();
        }
    }

    private static Pattern pattern(String line) {
        int reason = line.indexOf("  # ");
        if (reason < 0) {
            throw new AssertionError("allowed-warnings.txt: a line without a reason: " + line);
        }
        return Pattern.compile(line.substring(0, reason).strip());
    }
}
