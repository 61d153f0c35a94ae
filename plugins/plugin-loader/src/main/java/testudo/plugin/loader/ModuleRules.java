package testudo.plugin.loader;

import com.github.zafarkhaja.semver.Version;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import testudo.spi.VmmException;

/// What the modules of a plugin must be like to live beside those of the image.
final class ModuleRules {
    /// The contracts' module.
    static final String SPI = "testudo.spi";

    private final ModuleLayer image;
    private final Version spi;

    /// Makes rules for an image.
    /// @param image the layer that holds the spi
    ModuleRules(ModuleLayer image) {
        this.image = image;
        spi = image.findModule(SPI).flatMap(module -> module.getDescriptor().rawVersion()).filter(Version::isValid).map(Version::parse)
                .orElseThrow(() -> new IllegalStateException(
                        "the image's testudo.spi has no version; build it with 'jar --module-version'"));
    }

    /// The image's version of the spi.
    Version spi() {
        return spi;
    }

    /// Checks a plugin.
    /// @param archive the plugin
    /// @throws VmmException.Config with every problem found
    void check(PluginArchive archive) {
        List<String> problems = new ArrayList<>();
        if (!archive.manifest().accepts(spi)) {
            problems.add("it needs testudo.spi %s, and this is %s; install a version of it made for %s"
                    .formatted(archive.manifest().requires(), spi, spi));
        }
        for (MemoryModule module : archive.modules()) {
            checkName(module.name(), problems);
            checkCompiled(module.descriptor(), problems);
        }
        if (roots(archive).isEmpty()) {
            problems.add("none of its modules provides a service of testudo.spi; its vendor must add 'provides … with …' to a"
                    + " module-info, META-INF/services does not count");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems.stream().map(problem -> archive.label() + " is refused: " + problem).toList());
        }
    }

    /// The modules that have providers for us: what the layer is resolved from. Others come along when these require them.
    /// @param archive the plugin
    /// @return their names
    static Set<String> roots(PluginArchive archive) {
        Set<String> names = new TreeSet<>();
        for (MemoryModule module : archive.modules()) {
            for (ModuleDescriptor.Provides provided : module.descriptor().provides()) {
                if (provided.service().startsWith(SPI + ".")) {
                    names.add(module.name());
                }
            }
        }
        return names;
    }

    private void checkName(String name, List<String> problems) {
        if (name.equals(SPI)) {
            problems.add("it bundles testudo.spi, whose types would not be ours; its vendor must leave it out of lib/");
        } else if (image.findModule(name).isPresent()) {
            problems.add("it bundles module %s, which this image already has; its vendor must leave it out of lib/ or rename it"
                    .formatted(name));
        }
    }

    /// A manifest can promise anything; the compiler has written down which spi it has seen.
    private void checkCompiled(ModuleDescriptor module, List<String> problems) {
        for (ModuleDescriptor.Requires required : module.requires()) {
            if (required.name().equals(SPI)) {
                Optional<Version> compiled = required.rawCompiledVersion().filter(Version::isValid).map(Version::parse);
                if (compiled.isEmpty()) {
                    problems.add("its module %s does not say which testudo.spi it was compiled with; its vendor must compile it with the"
                            .formatted(module.name()) + " published jar");
                } else if (!compatible(compiled.get())) {
                    problems.add(("its module %s was compiled with testudo.spi %s, which this image's %s is not compatible with, whatever"
                            + " its manifest says; install a version of it made for %s")
                            .formatted(module.name(), compiled.get(), spi, spi));
                }
            }
        }
    }

    /// Semantic versioning: the same major version, or below 1 the same minor version, and not newer than ours.
    private boolean compatible(Version compiled) {
        return compiled.majorVersion() == spi.majorVersion() && (spi.majorVersion() > 0 || compiled.minorVersion() == spi.minorVersion())
                && compiled.compareTo(spi) <= 0;
    }
}
