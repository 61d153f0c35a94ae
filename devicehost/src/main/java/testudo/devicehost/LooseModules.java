package testudo.devicehost;

import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;

/// Modules that are not in the runtime image but in files, when the product is run while it is developed: a jail's last wall forbids to open
/// files, so their classes are loaded before.
final class LooseModules {
    private static final String CLASS = ".class";

    private LooseModules() {}

    /// Loads every class of the modules of a layer that lie in files.
    /// @param layer the layer, none on a class path
    /// @throws VmmException.Config when a module can't be read
    static void load(@Nullable ModuleLayer layer) {
        if (layer == null) {
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
