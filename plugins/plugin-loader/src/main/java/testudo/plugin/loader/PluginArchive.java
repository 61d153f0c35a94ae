package testudo.plugin.loader;

import java.nio.file.Path;
import java.util.List;
import testudo.plugin.loader.TrustedKeys.TrustedKey;

/// An archive whose signature is good, in memory.
/// @param file where it was read from
/// @param manifest what it says about itself
/// @param signer whose key signed it
/// @param modules its modules
record PluginArchive(Path file, PluginManifest manifest, TrustedKey signer, List<MemoryModule> modules) {
    /// Copies the list.
    PluginArchive {
        modules = List.copyOf(modules);
    }

    /// How much memory its modules take.
    /// @return bytes
    int sizeBytes() {
        return modules.stream().mapToInt(MemoryModule::sizeBytes).sum();
    }

    /// How messages name it.
    String label() {
        return "plugin %s (%s)".formatted(manifest.label(), file);
    }
}
