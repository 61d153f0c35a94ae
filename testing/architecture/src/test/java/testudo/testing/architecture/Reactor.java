package testudo.testing.architecture;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The modules of the build, read from the aggregator poms, with what Maven compiled for them.
final class Reactor {
    static final Path ROOT = root();

    private static final Pattern MODULE = Pattern.compile("<module>(.+?)</module>");
    private static final Pattern NATIVE = Pattern.compile("<testudo\\.native>(.+?)</testudo\\.native>");
    private static final List<Module> MODULES = read();

    private Reactor() {}

    /// A Java module of the build.
    /// @param folder its folder, relative to the repository
    /// @param descriptor its compiled descriptor
    /// @param classes its classes, without the descriptor
    /// @param natives the modules its pom grants native access
    record Module(Path folder, ModuleDescriptor descriptor, List<ClassModel> classes, List<String> natives) {
        String name() {
            return descriptor.name();
        }

        boolean isPlugin() {
            return folder.startsWith("plugins");
        }

        /// The Java files of the main sources.
        List<Path> sources() {
            return filesUnder(ROOT.resolve(folder).resolve("src/main/java"), ".java");
        }
    }

    /// Every module that has main sources.
    static List<Module> modules() {
        return MODULES;
    }

    /// Fails with one line for each problem and the way to put it right.
    static void expectNone(List<String> problems, String fix) {
        if (!problems.isEmpty()) {
            fail(String.join("\n", problems) + "\nTo fix: " + fix);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The folders that an aggregator pom lists, relative to the repository.
    static List<Path> listedIn(Path pom) {
        List<Path> folders = new ArrayList<>();
        Matcher matcher = MODULE.matcher(read(pom));
        while (matcher.find()) {
            folders.add(ROOT.relativize(pom.getParent().resolve(matcher.group(1)).normalize()));
        }
        return folders;
    }

    private static List<Path> filesUnder(Path folder, String suffix) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static List<Module> read() {
        List<Path> folders = new ArrayList<>(listedIn(ROOT.resolve("pom.xml")));
        folders.addAll(listedIn(ROOT.resolve("distribution/plugins/pom.xml")));
        return folders.stream()
                .filter(folder -> Files.exists(ROOT.resolve(folder).resolve("src/main/java/module-info.java")))
                .map(Reactor::module)
                .toList();
    }

    private static Module module(Path folder) {
        Path compiled = ROOT.resolve(folder).resolve("target/classes");
        Path info = compiled.resolve("module-info.class");
        if (!Files.exists(info)) {
            throw new AssertionError(folder + " is not compiled; run 'mvn package' for the whole build");
        }
        Matcher granted = NATIVE.matcher(read(ROOT.resolve(folder).resolve("pom.xml")));
        List<String> natives = granted.find() ? List.of(granted.group(1).split(",")) : List.of();
        try (var in = Files.newInputStream(info)) {
            ModuleDescriptor descriptor = ModuleDescriptor.read(in, () -> packagesUnder(compiled));
            List<ClassModel> classes = new ArrayList<>();
            for (Path file : filesUnder(compiled, ".class")) {
                if (!file.endsWith("module-info.class")) {
                    classes.add(ClassFile.of().parse(file));
                }
            }
            return new Module(folder, descriptor, classes, natives);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static java.util.Set<String> packagesUnder(Path compiled) {
        java.util.Set<String> packages = new java.util.TreeSet<>();
        for (Path file : filesUnder(compiled, ".class")) {
            Path folder = compiled.relativize(file).getParent();
            if (folder != null) {
                packages.add(folder.toString().replace('/', '.'));
            }
        }
        return packages;
    }
}
