package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Keeps `docs/crosvm-compatibility.md` true. Reads the sources of the whole tree: the providers are not on this module's path.
class CompatibilityPageTest {
    private static final Pattern ROW = Pattern.compile("\\| (\\(command\\)|`[^`]+`) \\| [^|]* \\| ([a-z ]+) \\| (.*) \\|");
    private static final Pattern GRAMMAR_ROW = Pattern.compile("\\| .+ \\| (works|differs|not yet) \\| (.*) \\|");
    private static final Pattern PROOF = Pattern.compile("`(\\w+)\\.(\\w+)`");

    /// A row of the page.
    record Row(String command, String option, String state, String proof) {
        String name() {
            return option.isEmpty() ? command : command + "\t" + option;
        }

        boolean isThere() {
            return claimsMeaning() || state.equals("unproved");
        }

        boolean claimsMeaning() {
            return state.equals("works") || state.equals("differs");
        }
    }

    private static final List<Row> ROWS = new ArrayList<>();
    private static final List<String> PROOFS = new ArrayList<>();
    private static final Map<Path, String> MAIN = new HashMap<>();
    private static final Map<String, String> TESTS = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("docs/crosvm-compatibility.md"))) {
            root = root.getParent();
        }
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(CompatibilityPageTest::source);
        }
        String command = "";
        for (String line : Files.readAllLines(root.resolve("docs/crosvm-compatibility.md"))) {
            if (line.startsWith("## ")) {
                command = line.equals("## Global options") ? "crosvm" : line.substring(3).replace("`", "");
            }
            Matcher row = ROW.matcher(line);
            Matcher rule = GRAMMAR_ROW.matcher(line);
            if (!command.equals("Grammar") && row.matches()) {
                String option = row.group(1).equals("(command)") ? "" : row.group(1).replace("`", "");
                ROWS.add(new Row(command, option, row.group(2), row.group(3)));
            }
            if (rule.matches() && !rule.group(1).equals("not yet")) {
                PROOFS.add(rule.group(2));
            }
        }
    }

    private static void source(Path file) {
        try {
            String name = file.toString().replace('\\', '/');
            if (name.contains("/src/main/java/")) {
                MAIN.put(file, Files.readString(file));
            } else if (name.contains("/src/test/java/") || name.contains("/testing/")) {
                TESTS.merge(file.getFileName().toString().replace(".java", ""), Files.readString(file), String::concat);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyNameOfCrosvmIsListedOnce() {
        CrosvmNames crosvm = new CrosvmNames();
        TreeSet<String> expected = new TreeSet<>(crosvm.commands());
        expected.addAll(crosvm.options());
        List<String> listed = ROWS.stream().map(Row::name).sorted().toList();
        assertEquals(List.copyOf(expected), listed);
        assertTrue(listed.size() > 450, () -> "only %d names".formatted(listed.size()));
    }

    @Test
    void statesAreKnown() {
        assertEquals(List.of(), ROWS.stream().filter(row -> !row.isThere() && !row.state().equals("not yet")).toList());
    }

    @Test
    void whatWorksIsDeclared() {
        assertEquals(List.of(), ROWS.stream().filter(Row::isThere).filter(Predicate.not(CompatibilityPageTest::isDeclared))
                .map(Row::name).toList());
    }

    private static boolean isDeclared(Row row) {
        if (row.option().isEmpty()) {
            if (List.of("disk", "device", "virtio-net").contains(row.command())) { // a word in front of others
                return anySource(Pattern.compile("List\\.of\\(\"" + row.command() + "\", "));
            }
            if (row.command().startsWith("device ")) {
                return anySource(Pattern.compile("new StandaloneDevice\\(\\s*\"" + row.command().substring(7) + "\""));
            }
            String words = "List\\.of\\(\"" + row.command().replace(" ", "\",\\s*\"") + "\"\\)";
            return anySource(Pattern.compile(words)) || row.command().equals("version");
        }
        String option = row.option().replaceFirst("^-+", "");
        int dot = option.indexOf('.');
        if (!row.command().equals("run") && !row.command().equals("crosvm")) {
            return anySource(Pattern.compile("OptionDeclaration[^;]*\"" + Pattern.quote(option) + "\""));
        }
        if (row.command().equals("crosvm")) {
            return anySource(Pattern.compile("case \"--" + option + "\""));
        }
        if (option.length() == 1) {
            return anySource(Pattern.compile("withShortName\\('" + option + "'\\)"));
        }
        String name = dot < 0 ? option : option.substring(0, dot);
        boolean declared = anySource(Pattern.compile("OptionDeclaration[^;]*\"" + Pattern.quote(name) + "\"|disk\\(\"" + name + "\""));
        return declared && (dot < 0 || hasKey(option.substring(dot + 1)));
    }

    /// A record component of that name in a source with keys, or the key spelled out in an annotation.
    private static boolean hasKey(String key) {
        Matcher letters = Pattern.compile("[-_](\\w)").matcher(key);
        String component = letters.replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT));
        Pattern declared = Pattern.compile("[\\w>\\]] " + component + "\\s*[,)]");
        return MAIN.values().stream().anyMatch(text -> text.contains("@Key(") && declared.matcher(text).find())
                || anySource(Pattern.compile("@Key\\([^)]*\"" + Pattern.quote(key) + "\""));
    }

    private static boolean anySource(Pattern pattern) {
        return MAIN.values().stream().anyMatch(text -> pattern.matcher(text).find());
    }

    @Test
    void whatWorksIsProved() {
        List<String> problems = new ArrayList<>();
        List<String> proofs = new ArrayList<>(PROOFS);
        ROWS.stream().filter(Row::claimsMeaning).map(Row::proof).forEach(proofs::add);
        for (String proof : proofs) {
            Matcher named = PROOF.matcher(proof);
            if (!named.find()) {
                problems.add("no test is named: " + proof);
            } else if (!TESTS.getOrDefault(named.group(1), "").contains(" " + named.group(2) + "(")) {
                problems.add("there is no test " + named.group());
            }
        }
        assertEquals(List.of(), problems);
        assertTrue(proofs.size() > 20);
    }
}
