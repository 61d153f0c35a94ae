package testudo.platform.linux.confine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The names of all system calls and their numbers on each machine type.
public final class SystemCallTable {
    private static final String RESOURCE = "META-INF/seccomp/system-calls";

    private SystemCallTable() {}

    /// Whether any machine has a system call of that name.
    /// @param name such as `openat`
    /// @return true when it is known
    public static boolean known(String name) {
        return Loaded.NUMBERS.containsKey(name);
    }

    /// A number.
    /// @param name such as `openat`
    /// @param machine on which machine
    /// @return the number, or nothing where the machine has no such call
    public static OptionalInt number(String name, Machine machine) {
        Map<Machine, Integer> numbers = Loaded.NUMBERS.get(name);
        @Nullable Integer number = numbers == null ? null : numbers.get(machine);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /// All names.
    /// @return names
    public static Set<String> names() {
        return Loaded.NUMBERS.keySet();
    }

    private static final class Loaded {
        static final Map<String, Map<Machine, Integer>> NUMBERS = load();

        private Loaded() {}

        private static Map<String, Map<Machine, Integer>> load() {
            Map<String, Map<Machine, Integer>> table = new HashMap<>();
            for (String line : text(RESOURCE).lines().filter(line -> !line.startsWith("#")).toList()) {
                String[] fields = line.split(" ", -1);
                Map<Machine, Integer> numbers = new EnumMap<>(Machine.class);
                for (Machine machine : Machine.values()) {
                    String field = fields[1 + machine.ordinal()];
                    if (!field.equals("-")) {
                        numbers.put(machine, Integer.parseInt(field));
                    }
                }
                table.put(fields[0], numbers);
            }
            return Map.copyOf(table);
        }
    }

    /// A text of this module.
    static String text(String resource) {
        try (InputStream in = SystemCallTable.class.getModule().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the module");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
