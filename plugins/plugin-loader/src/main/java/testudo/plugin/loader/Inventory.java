package testudo.plugin.loader;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import testudo.spi.VmmException;

/// What is in plugin directories, and what became of it.
final class Inventory {
    private final Path userKeys;
    private final ModuleLayer image;
    private final Map<Path, String> refused = new LinkedHashMap<>();
    private final Map<Path, PluginArchive> archives = new LinkedHashMap<>();
    private final Set<String> disabled = new LinkedHashSet<>();

    /// Makes an empty inventory.
    /// @param userKeys the folder of keys that are trusted for every directory
    /// @param image the layer that plugins build on
    Inventory(Path userKeys, ModuleLayer image) {
        this.userKeys = userKeys;
        this.image = image;
    }

    /// A plugin.
    /// @param file its archive; the directory itself when that is refused
    /// @param state what became of it
    /// @param archive what is in it, unless that could not be read or is not trusted
    /// @param layer its modules, when it was loaded
    /// @param problem why it was not loaded, empty when it was or is disabled
    record Entry(Path file, State state, Optional<PluginArchive> archive, Optional<ModuleLayer> layer, String problem) {}

    /// What can become of a plugin.
    enum State {
        /// Its providers are available.
        LOADED,
        /// The user does not want it now.
        DISABLED,
        /// Something is wrong with it.
        REFUSED
    }

    /// Adds the archives of directories. One that exists twice, or does not exist, counts once or not at all.
    /// @param directories in order
    /// @return this
    Inventory add(List<Path> directories) {
        for (Path path : new LinkedHashSet<>(directories.stream().map(path -> path.toAbsolutePath().normalize()).toList())) {
            PluginDirectory directory = new PluginDirectory(path);
            try {
                List<Path> files = directory.archives();
                if (!files.isEmpty()) {
                    ArchiveReader reader = new ArchiveReader(TrustedKeys.in(List.of(directory.keys(), userKeys)));
                    Set<String> notWanted = directory.disabled();
                    files.forEach(file -> add(file, reader, notWanted));
                }
            } catch (VmmException e) {
                refused.put(path, String.valueOf(e.getMessage()));
            }
        }
        return this;
    }

    /// Adds an archive that has been read, in place of every other version of the plugin.
    /// @param archive the archive
    /// @return this
    Inventory replace(PluginArchive archive) {
        archives.values().removeIf(other -> other.manifest().id().equals(archive.manifest().id()));
        disabled.remove(archive.manifest().id());
        archives.put(archive.file(), archive);
        return this;
    }

    private void add(Path file, ArchiveReader reader, Set<String> notWanted) {
        try {
            PluginArchive archive = reader.read(file);
            int loaded = archives.values().stream().mapToInt(PluginArchive::sizeBytes).sum();
            if (loaded + archive.sizeBytes() > ArchiveReader.MAX_LOADED_BYTES) {
                throw new VmmException.Config("%s is refused: with it, plugins would take more than %d MiB of memory; remove some"
                        .formatted(archive.label(), ArchiveReader.MAX_LOADED_BYTES >> 20));
            }
            archives.put(file, archive);
            if (notWanted.contains(archive.manifest().id())) {
                disabled.add(archive.manifest().id());
            }
        } catch (VmmException e) {
            refused.put(file, String.valueOf(e.getMessage()));
        }
    }

    /// Loads what can be loaded, each plugin into a layer of its own.
    /// @return everything that was added, in order
    List<Entry> load() {
        refuseDoubles();
        Map<Path, ModuleLayer> layers = Map.of();
        if (!archives.isEmpty()) {
            ModuleRules rules = new ModuleRules(image);
            List<PluginArchive> fit = new ArrayList<>();
            for (PluginArchive archive : archives.values()) {
                try {
                    if (!disabled.contains(archive.manifest().id())) {
                        rules.check(archive);
                    }
                    fit.add(archive);
                } catch (VmmException.Config e) {
                    refused.put(archive.file(), String.valueOf(e.getMessage()));
                }
            }
            VendorPlugins plugins = new VendorPlugins(fit, disabled, image);
            layers = plugins.start();
            refused.putAll(plugins.problems());
        }
        return entries(layers);
    }

    private List<Entry> entries(Map<Path, ModuleLayer> layers) {
        List<Entry> entries = new ArrayList<>();
        // In the order of loading, which puts a plugin behind those it depends on.
        layers.forEach((file, layer) -> entries.add(
                new Entry(file, State.LOADED, Optional.ofNullable(archives.get(file)), Optional.of(layer), "")));
        archives.forEach((file, archive) -> {
            if (!layers.containsKey(file) && !refused.containsKey(file)) {
                entries.add(new Entry(file, State.DISABLED, Optional.of(archive), Optional.empty(), ""));
            }
        });
        refused.forEach((file, problem) -> entries.add(
                new Entry(file, State.REFUSED, Optional.ofNullable(archives.get(file)), Optional.empty(), problem)));
        return entries;
    }

    private void refuseDoubles() {
        Map<String, List<PluginArchive>> byId = new TreeMap<>();
        archives.values().forEach(archive -> byId.computeIfAbsent(archive.manifest().id(), id -> new ArrayList<>()).add(archive));
        byId.values().stream().filter(same -> same.size() > 1).forEach(same -> {
            List<Path> files = same.stream().map(PluginArchive::file).toList();
            for (PluginArchive archive : same) {
                archives.remove(archive.file());
                refused.put(archive.file(), "%s is refused: plugin %s is there more than once (%s); remove all but one".formatted(
                        archive.label(), archive.manifest().id(), String.join(", ", files.stream().map(Path::toString).toList())));
            }
        });
    }
}
