package testudo.testing.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The table of system calls in docs/security.md says what the policies say.
class PolicyTableTest {
    private static final Path DOCUMENT = Reactor.ROOT.resolve("docs/security.md");
    private static final String HEAD = "| policy | includes | always | for some arguments | answered with an error |\n|---|---|---|---|---|\n";
    private static final Pattern INCLUDE = Pattern.compile("@include (\\S+)\\.policy");
    private static final Pattern RULE = Pattern.compile("\\{?([a-z0-9_, ]+)}?: *(.*)");

    @Test
    void theTableSaysWhatThePoliciesSay() throws IOException {
        Map<String, String> rows = new TreeMap<>();
        for (Path policy : policies()) {
            String name = policy.getFileName().toString().replace(".policy", "");
            rows.put(name, row(name, Reactor.read(policy)));
        }
        String expected = String.join("\n", rows.values());
        String text = Reactor.read(DOCUMENT);
        int begin = text.indexOf(HEAD) + HEAD.length();
        int end = text.indexOf("\n\n", begin);
        if (Boolean.getBoolean("testudo.update")) {
            Files.writeString(DOCUMENT, text.substring(0, begin) + expected + text.substring(end));
        } else {
            assertEquals(expected, text.substring(begin, end),
                    "if the change of a policy is meant, run 'mvn -Dtestudo.update=true package' and commit the table");
        }
    }

    @Test
    void aRowTellsRulesApart() {
        String policy = "# c\n@include file.policy\n{a, b}: 1\nc: arg0 == 1 || \\\n  arg0 == 2; return EPERM\nd: return EACCES\n@default kill\n";
        assertEquals("| `x` | `file` | `a`, `b` | `c` | `d` |", row("x", policy));
    }

    private static String row(String name, String policy) {
        List<String> includes = new ArrayList<>();
        List<String> always = new ArrayList<>();
        List<String> checked = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        policy.replace("\\\n", " ").lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            var include = INCLUDE.matcher(line);
            var rule = RULE.matcher(line);
            if (include.matches()) {
                includes.add(include.group(1));
            } else if (rule.matches()) {
                String condition = rule.group(2);
                var calls = condition.equals("1") ? always : condition.startsWith("return") ? refused : checked;
                calls.addAll(List.of(rule.group(1).strip().split(" *, *")));
            } else if (!line.startsWith("@default")) {
                throw new AssertionError(name + ": neither an include nor a rule: " + line);
            }
        });
        return "| `" + name + "` | " + quoted(includes) + " | " + quoted(always) + " | " + quoted(checked) + " | " + quoted(refused) + " |";
    }

    private static String quoted(List<String> names) {
        return names.isEmpty() ? "–" : "`" + String.join("`, `", names) + "`";
    }

    /// All policies of the build's modules.
    private static List<Path> policies() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Reactor.Module module : Reactor.modules()) {
            Path folder = Reactor.ROOT.resolve(module.folder()).resolve("src/main/resources/META-INF/seccomp");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(file -> file.toString().endsWith(".policy")).forEach(found::add);
                }
            }
        }
        return found;
    }
}
