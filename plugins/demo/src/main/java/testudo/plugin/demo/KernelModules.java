package testudo.plugin.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The modules of a kernel package. The package has no `modules.dep`, which is made where it is installed; the modules themselves say what they need.
final class KernelModules {
    private static final Pattern MODULE = Pattern.compile("(.+)\\.ko(\\.xz)?");

    private final Map<String, Path> files = new HashMap<>();

    /// Finds the modules below a folder.
    /// @param folder such as `usr/lib/modules/6.12.0-riscv64`; one that does not exist has none
    KernelModules(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                Matcher matcher = MODULE.matcher(Objects.requireNonNull(file.getFileName(), "a file has a name").toString());
                if (matcher.matches()) {
                    files.put(plain(matcher.group(1)), file);
                }
            }
        }
    }

    /// Modules and what they depend on, in an order in which they can be loaded.
    /// @param wanted names; one that is not there is built in or unknown to this kernel, and left out
    /// @return modules by name
    /// @throws IOException when one can't be read, a dependency is missing, or they depend on each other
    SequencedMap<String, ModuleFile> loadOrder(List<String> wanted) throws IOException {
        SequencedMap<String, ModuleFile> order = new LinkedHashMap<>();
        for (String name : wanted) {
            if (files.containsKey(plain(name))) {
                visit(plain(name), order, new LinkedHashMap<>());
            }
        }
        return order;
    }

    private void visit(String name, SequencedMap<String, ModuleFile> order, SequencedMap<String, ModuleFile> above) throws IOException {
        if (order.containsKey(name)) {
            return;
        }
        Path file = files.get(name);
        if (file == null) {
            throw new IOException("kernel module %s, needed by %s, is missing".formatted(name, above.lastEntry().getKey()));
        }
        ModuleFile module = ModuleFile.read(file);
        if (above.putIfAbsent(name, module) != null) {
            throw new IOException("kernel modules depend on each other: " + above.keySet());
        }
        for (String needed : module.depends()) {
            visit(plain(needed), order, above);
        }
        above.remove(name);
        order.put(name, module);
    }

    /// The kernel takes `-` and `_` for the same in names of modules.
    private static String plain(String name) {
        return name.replace('-', '_');
    }
}
