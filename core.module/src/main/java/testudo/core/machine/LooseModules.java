package testudo.core.machine;

import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.util.List;
import testudo.spi.VmmException;

/// Modules that are not in the runtime image but in files, when the product is run while it is developed: a process's last wall forbids to open
/// files, so their classes are loaded before.
final class LooseModules {
    private static final String CLASS = ".class";

    private LooseModules() {}

    /// Loads every class of this program's modules that lie in files.
    /// @throws VmmException.Config when a module can't be read
    static void load() {
        ModuleLayer layer = LooseModules.class.getModule().getLayer();
        if (layer == null || System.getProperty("jdk.module.path") == null) {
            return;
        }
        for (ResolvedModule module : layer.configuration().modules()) {
            if (module.reference().location().filter(where -> "file".equals(where.getScheme())).isPresent()) {
                try (ModuleReader reader = module.reference().open()) {
                    List<String> names = reader.list().filter(name -> name.endsWith(CLASS) && !name.contains("-")).toList();
                    Module home = layer.findModule(module.name()).orElseThrow();
                    names.forEach(name -> Class.forName(home, name.substring(0, name.length() - CLASS.length()).replace('/', '.')));
                } catch (IOException failure) {
                    throw new VmmException.Config("cannot read module %s: %s".formatted(module.name(), failure));
                }
            }
        }
    }
}
