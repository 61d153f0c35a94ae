package testudo.plugin.loader;

import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds the modules of a plugin.
/// @param modules the plugin's
record MemoryModuleFinder(List<MemoryModule> modules) implements ModuleFinder {
    /// Copies the list.
    MemoryModuleFinder {
        modules = List.copyOf(modules);
    }

    @Override
    public Optional<ModuleReference> find(String name) {
        return modules.stream().filter(module -> module.name().equals(name)).map(ModuleReference.class::cast).findFirst();
    }

    @Override
    public Set<ModuleReference> findAll() {
        return Set.copyOf(modules);
    }
}
