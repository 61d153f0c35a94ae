package testudo.core.machine;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ResolutionException;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import testudo.spi.VmmException;

/// Modules from outside of the runtime image, from one process to another: their archives were checked where they were first loaded.
final class PluginModules {
    private static final String CLASS = ".class";

    private PluginModules() {}

    /// The archives of a module's layer and of those below it, down to the runtime image's.
    /// @return absolute paths, none for a module of the image; nothing when a device process can't load one of them
    static Optional<List<String>> archives(Module module) {
        Set<String> archives = new LinkedHashSet<>();
        return module.getLayer() == null || collect(module.getLayer(), archives) ? Optional.of(List.copyOf(archives)) : Optional.empty();
    }

    private static boolean collect(ModuleLayer layer, Set<String> archives) {
        if (layer == ModuleLayer.boot()) {
            return true;
        }
        for (ResolvedModule resolved : layer.configuration().modules()) {
            Optional<URI> where = resolved.reference().location().filter(location -> "file".equals(location.getScheme()));
            if (where.isEmpty() || layer.findModule(resolved.name()).filter(Module::isNativeAccessEnabled).isPresent()) {
                return false;
            }
            archives.add(Path.of(where.get()).toAbsolutePath().toString());
        }
        return layer.parents().stream().allMatch(parent -> collect(parent, archives));
    }

    /// A layer with these archives, every class of it loaded: a jail's last wall forbids to open files.
    /// @throws VmmException.Config when they do not fit together, or can't be read
    static ModuleLayer layer(List<String> archives) {
        ModuleFinder finder = ModuleFinder.of(archives.stream().map(Path::of).toArray(Path[]::new));
        try {
            Set<String> names = finder.findAll().stream().map(found -> found.descriptor().name()).collect(Collectors.toSet());
            Configuration configuration = ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), names);
            ModuleLayer layer = ModuleLayer.boot().defineModulesWithOneLoader(configuration, PluginModules.class.getClassLoader());
            for (ResolvedModule module : configuration.modules()) {
                load(layer, module);
            }
            return layer;
        } catch (FindException | ResolutionException | IOException failure) {
            throw new VmmException.Config("cannot load %s: %s".formatted(archives, failure.getMessage()));
        }
    }

    private static void load(ModuleLayer layer, ResolvedModule module) throws IOException {
        Module home = layer.findModule(module.name()).orElseThrow();
        try (ModuleReader reader = module.reference().open()) {
            reader.list()
                    .filter(name -> name.endsWith(CLASS) && !name.contains("-"))
                    .toList()
                    .forEach(name -> Class.forName(home, name.substring(0, name.length() - CLASS.length()).replace('/', '.')));
        }
    }
}
