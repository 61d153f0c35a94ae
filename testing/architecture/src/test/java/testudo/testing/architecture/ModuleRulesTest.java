package testudo.testing.architecture;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import testudo.testing.architecture.Reactor.Module;

/// Which module may require what, and that descriptors change on purpose.
class ModuleRulesTest {
    private static final Set<String> CONTRACTS = Set.of("java.base", "org.jspecify", "testudo.spi");

    @Test
    void theBuildHasModules() {
        assertTrue(Reactor.modules().stream().anyMatch(module -> module.name().equals("testudo.spi")), "testudo.spi is missing");
    }

    @Test
    void noPluginRequiresAnother() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            for (String required : requires(module)) {
                if (module.isPlugin() && required.startsWith("testudo.plugin.")) {
                    problems.add(module.name() + " requires " + required);
                }
            }
        }
        Reactor.expectNone(problems, "let the two talk through a contract in testudo.spi");
    }

    @Test
    void contractsAndArchitecturesRequireContractsOnly() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            if (module.name().equals("testudo.spi") || module.name().startsWith("testudo.arch.")) {
                requires(module).stream().filter(required -> !CONTRACTS.contains(required))
                        .forEach(required -> problems.add(module.name() + " requires " + required));
            }
        }
        Reactor.expectNone(problems,
                "contracts and architectures are pure data and logic; move the code to the core, a platform or a plugin");
    }

    @Test
    void coreAndCommandLineRequireNoProvider() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            if (module.name().equals("testudo.core") || module.name().equals("testudo.cli")) {
                requires(module).stream().filter(ModuleRulesTest::isProvider)
                        .forEach(required -> problems.add(module.name() + " requires " + required));
            }
        }
        Reactor.expectNone(problems, "use the contract in testudo.spi and find the provider with ServiceLoader");
    }

    @Test
    void everyPluginFolderIsInTheDistribution() throws IOException {
        List<Path> listed = Reactor.listedIn(Reactor.ROOT.resolve("distribution/plugins/pom.xml"));
        List<String> problems = new ArrayList<>();
        Path plugins = Reactor.ROOT.resolve("plugins");
        if (Files.isDirectory(plugins)) {
            try (var folders = Files.list(plugins)) {
                folders.filter(folder -> Files.exists(folder.resolve("pom.xml"))).map(Reactor.ROOT::relativize)
                        .filter(folder -> !listed.contains(folder)).sorted().forEach(folder -> problems.add(folder + " is not listed"));
            }
        }
        Reactor.expectNone(problems, "add one <module> line for it to distribution/plugins/pom.xml");
    }

    @Test
    void everyModuleIsNullMarked() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            String source = Reactor.read(Reactor.ROOT.resolve(module.folder()).resolve("src/main/java/module-info.java"));
            if (!source.contains("NullMarked")) {
                problems.add(module.name() + " is not null-marked");
            }
        }
        Reactor.expectNone(problems, "put @org.jspecify.annotations.NullMarked on the module, or nothing checks it for nulls");
    }

    @Test
    void descriptorsAreTheOnesCheckedIn() throws IOException {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            Path file = Reactor.ROOT.resolve(module.folder()).resolve("module.txt");
            String now = describe(module.descriptor());
            if (Boolean.getBoolean("testudo.update")) {
                Files.writeString(file, now);
            }
            String then = Files.exists(file) ? Files.readString(file) : "";
            if (!now.equals(then)) {
                problems.add(Reactor.ROOT.relativize(file) + (then.isEmpty()
                        ? " is missing"
                        : " does not say what the module is now:\n" + now));
            }
        }
        Reactor.expectNone(problems, "if the change is meant, run 'mvn -Dtestudo.update=true package' and commit the texts");
    }

    private static boolean isProvider(String name) {
        return name.startsWith("testudo.plugin.") || name.startsWith("testudo.platform.") || name.startsWith("testudo.hypervisor.")
                || name.startsWith("testudo.arch.");
    }

    private static Set<String> requires(Module module) {
        Set<String> names = new TreeSet<>();
        module.descriptor().requires().forEach(required -> names.add(required.name()));
        return names;
    }

    private static String describe(ModuleDescriptor descriptor) {
        Set<String> lines = new TreeSet<>();
        descriptor.requires().stream().filter(required -> !required.name().equals("java.base"))
                .forEach(required -> lines.add("requires " + words(required.modifiers()) + required.name()));
        descriptor.exports().forEach(exported -> lines.add("exports " + exported.source() + to(exported.targets())));
        descriptor.opens().forEach(opened -> lines.add("opens " + opened.source() + to(opened.targets())));
        descriptor.uses().forEach(used -> lines.add("uses " + used));
        descriptor.provides().forEach(provided -> lines.add("provides " + provided.service() + " with " + String.join(", ", provided
                .providers())));
        StringBuilder text = new StringBuilder("module " + descriptor.name() + "\n");
        lines.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    private static String words(Set<ModuleDescriptor.Requires.Modifier> modifiers) {
        StringBuilder text = new StringBuilder();
        for (ModuleDescriptor.Requires.Modifier modifier : new TreeSet<>(modifiers)) {
            text.append(modifier.toString().toLowerCase(java.util.Locale.ROOT)).append(' ');
        }
        return text.toString();
    }

    private static String to(Set<String> targets) {
        return targets.isEmpty() ? "" : " to " + String.join(", ", new TreeSet<>(targets));
    }
}
