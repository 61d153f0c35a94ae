package testudo.platform.linux.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import testudo.platform.linux.confine.Policy.Branch;
import testudo.platform.linux.confine.Policy.Condition;
import testudo.platform.linux.confine.Policy.Operator;
import testudo.spi.VmmException;
import testudo.spi.jail.SystemCallPolicy;

/// Reads the policy language of minijail, as crosvm's policies use it.
///
/// ```
/// # a comment
/// @include common.policy
/// @default kill
/// read: 1
/// {openat, newfstatat}: return EACCES
/// mmap: arg2 in ~PROT_EXEC
/// ioctl: arg1 == FIONBIO || arg1 == 0x1277 && arg2 != 0; return ENOTTY
/// fstat[arch=x86_64,riscv64]: allow
/// ```
///
/// Rules of one call add up: a file's own come before those that it includes, the first that matches decides. Files are included from the user's
/// folder, then from the module's.
public final class PolicyParser {
    private static final String BUILT_IN = "META-INF/seccomp/";
    private static final Pattern INCLUDE_NAME = Pattern.compile("[a-z0-9_-]+\\.policy");
    private static final Pattern CALL = Pattern.compile("([a-z0-9_]+)(?:\\[arch=([a-z0-9_, ]+)\\])?");
    private static final Pattern CONDITION = Pattern.compile("arg([0-5])\\s*(==|!=|<=|>=|<|>|&|in\\b)\\s*(.+)");
    private static final Set<String> BUILT_INS = Set.of(
            "startup.policy", "common.policy", "file.policy", "timer.policy", "socket.policy", "network.policy", "io_uring.policy");
    private static final int MAX_DEPTH = 8;

    private final Optional<Path> directory;
    private final Machine machine;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, List<Branch>> rules = new TreeMap<>();
    private OptionalInt otherwise = OptionalInt.empty();

    private PolicyParser(Optional<Path> directory, Machine machine) {
        this.directory = directory;
        this.machine = machine;
    }

    /// Parses a policy and what it includes.
    /// @param policy the text
    /// @param directory where included files are looked for first
    /// @param machine for which machine; calls that it lacks are left out
    /// @return the policy
    /// @throws VmmException.Config with every problem: `NAME.policy:LINE: what`
    public static Policy parse(SystemCallPolicy policy, Optional<Path> directory, Machine machine) {
        PolicyParser parser = new PolicyParser(directory, machine);
        parser.file(policy.name() + (policy.name().endsWith(".policy") ? "" : ".policy"), policy.text(), 0);
        if (!parser.problems.isEmpty()) {
            throw new VmmException.Config(parser.problems);
        }
        return new Policy(parser.otherwise.orElse(Policy.KILL), new TreeMap<>(parser.rules));
    }

    /// A policy of this module.
    /// @param name such as `startup`
    /// @return its text
    public static SystemCallPolicy builtIn(String name) {
        return new SystemCallPolicy(name, SystemCallTable.text(BUILT_IN + name + ".policy"));
    }

    private void file(String name, String text, int depth) {
        List<String> includes = new ArrayList<>();
        int number = 0;
        String pending = "";
        for (String raw : text.lines().toList()) {
            number++;
            int comment = raw.indexOf('#');
            String line = pending + (comment < 0 ? raw : raw.substring(0, comment)).strip();
            pending = "";
            if (line.endsWith("\\")) {
                pending = line.substring(0, line.length() - 1) + " ";
            } else if (!line.isEmpty()) {
                line(name + ":" + number, line, includes);
            }
        }
        // After the file's own rules, which therefore come first.
        for (String include : includes) {
            if (depth == MAX_DEPTH) {
                problems.add(name + ": includes are nested more than " + MAX_DEPTH + " deep");
                return;
            }
            include(name, include, depth);
        }
    }

    private void include(String from, String name, int depth) {
        Optional<Path> own = directory.map(folder -> folder.resolve(name)).filter(Files::isRegularFile);
        try {
            if (own.isPresent()) {
                file(name, Files.readString(own.get()), depth + 1);
            } else if (BUILT_INS.contains(name)) {
                file(name, SystemCallTable.text(BUILT_IN + name), depth + 1);
            } else {
                problems.add(from + ": there is no " + name + "; included can be " + BUILT_INS);
            }
        } catch (IOException failure) {
            problems.add(from + ": cannot read " + name + ": " + failure);
        }
    }

    private void line(String at, String line, List<String> includes) {
        String[] words = line.split("\\s+", 2);
        String rest = words.length > 1 ? words[1].strip() : "";
        switch (words[0]) {
            case "@include" -> {
                String name = rest.substring(rest.lastIndexOf('/') + 1);
                if (INCLUDE_NAME.matcher(name).matches()) {
                    includes.add(name);
                } else {
                    problems.add(at + ": @include '" + rest + "' is no policy file");
                }
            }
            case "@default" -> {
                OptionalInt action = action(rest);
                if (action.isEmpty()) {
                    problems.add(at + ": unknown action '" + rest + "'");
                } else if (otherwise.isEmpty()) {
                    otherwise = action;
                }
            }
            case "@frequency" -> {} // a hint for the order of tests; ours is by number
            default -> rule(at, line);
        }
    }

    private void rule(String at, String line) {
        int colon = line.indexOf(':');
        if (colon < 0) {
            problems.add(at + ": no ':' in '" + line + "'");
            return;
        }
        String names = line.substring(0, colon).strip();
        List<Branch> branches = branches(at, line.substring(colon + 1).strip());
        if (names.startsWith("{") && names.endsWith("}")) {
            names = names.substring(1, names.length() - 1);
        }
        // Commas also stand inside of [arch=…].
        for (String name : names.split(",(?![^\\[]*\\])", -1)) {
            Matcher call = CALL.matcher(name.strip());
            if (!call.matches() || !SystemCallTable.known(call.group(1))) {
                problems.add(at + ": unknown system call '" + name.strip() + "'");
            } else if (applies(call.group(2))) {
                rules.computeIfAbsent(call.group(1), key -> new ArrayList<>()).addAll(branches);
            }
        }
    }

    private boolean applies(@Nullable String machines) {
        return machines == null || List.of(machines.split("[, ]+", -1)).contains(machine.label());
    }

    private List<Branch> branches(String at, String filter) {
        String[] parts = filter.split(";", -1);
        List<Branch> branches = new ArrayList<>();
        OptionalInt whole = action(parts[0].strip());
        if (whole.isPresent()) {
            branches.add(new Branch(List.of(), whole.getAsInt()));
        } else {
            for (String conjunction : parts[0].split("\\|\\|", -1)) {
                List<Condition> conditions = new ArrayList<>();
                for (String condition : conjunction.split("&&", -1)) {
                    condition(at, condition.strip()).ifPresent(conditions::add);
                }
                branches.add(new Branch(conditions, Policy.ALLOW));
            }
        }
        if (parts.length == 2 && whole.isEmpty()) {
            OptionalInt action = action(parts[1].strip());
            action.ifPresentOrElse(
                    value -> branches.add(new Branch(List.of(), value)),
                    () -> problems.add(at + ": unknown action '" + parts[1].strip() + "'"));
        } else if (parts.length > 1) {
            problems.add(at + ": '" + filter + "' has more than a filter and an action");
        }
        return branches;
    }

    private Optional<Condition> condition(String at, String text) {
        Matcher matcher = CONDITION.matcher(text);
        if (!matcher.matches()) {
            problems.add(at + ": '" + text + "' is no comparison such as 'arg1 == 0x5421' and no action");
            return Optional.empty();
        }
        Operator operator = Operator.EQ;
        for (Operator candidate : Operator.values()) {
            operator = candidate.sign().equals(matcher.group(2)) ? candidate : operator;
        }
        OptionalLong value = value(matcher.group(3));
        if (value.isEmpty()) {
            problems.add(at + ": unknown value '" + matcher.group(3) + "'");
            return Optional.empty();
        }
        return Optional.of(new Condition(Integer.parseInt(matcher.group(1)), operator, value.getAsLong()));
    }

    private static OptionalLong value(String text) {
        long result = 0;
        for (String piece : text.split("\\|", -1)) {
            String name = piece.strip();
            boolean inverted = name.startsWith("~");
            OptionalLong value = PolicyConstants.value(inverted ? name.substring(1).strip() : name);
            if (value.isEmpty()) {
                return value;
            }
            result |= inverted ? ~value.getAsLong() : value.getAsLong();
        }
        return OptionalLong.of(result);
    }

    private static OptionalInt action(String text) {
        if (text.startsWith("return ")) {
            OptionalLong error = PolicyConstants.error(text.substring("return ".length()).strip());
            return error.isPresent() ? OptionalInt.of(Policy.ERRNO | (int) error.getAsLong()) : OptionalInt.empty();
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "1", "allow" -> OptionalInt.of(Policy.ALLOW);
            case "kill", "kill-process", "kill_process" -> OptionalInt.of(Policy.KILL);
            case "trap" -> OptionalInt.of(Policy.TRAP);
            case "log" -> OptionalInt.of(Policy.LOG);
            default -> OptionalInt.empty();
        };
    }
}
