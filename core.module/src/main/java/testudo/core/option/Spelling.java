package testudo.core.option;

import java.util.Collection;
import java.util.Optional;

/// Finds what the user may have meant.
public final class Spelling {
    private static final int MAX_LENGTH = 64;

    private Spelling() {}

    /// The known word that is closest to a mistyped one.
    /// @param typed what was typed
    /// @param known what exists
    /// @return the closest word, if one is close: at most a third of its letters differ, or one begins with the other
    public static Optional<String> closest(String typed, Collection<String> known) {
        if (typed.isEmpty() || typed.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String wanted = normal(typed);
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : known) {
            String word = normal(candidate);
            int limit = Math.max(1, Math.min(word.length(), wanted.length()) / 3);
            int distance = 2 * distance(wanted, word);
            if (distance > 2 * limit && wanted.length() >= 3 && (word.startsWith(wanted) || wanted.startsWith(word))) {
                distance = 2 * limit + 1; // a word that was cut short is the second choice
            }
            if (distance <= 2 * limit + 1 && distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /// The end of an error message that says what the user may have meant.
    /// @param typed what was typed
    /// @param known what exists
    /// @return `; did you mean "…"?` or nothing
    public static String hint(String typed, Collection<String> known) {
        return closest(typed, known).map("; did you mean \"%s\"?"::formatted).orElse("");
    }

    private static String normal(String word) {
        return word.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /// Levenshtein distance in which swapped neighbours count as one.
    private static int distance(String a, String b) {
        int[] before = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(Math.min(last[j] + 1, row[j - 1] + 1), replaced);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
            }
            int[] free = before;
            before = last;
            last = row;
            row = free;
        }
        return last[b.length()];
    }
}
