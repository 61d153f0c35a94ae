package testudo.plugin.loader;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import testudo.plugin.loader.Inventory.Entry;
import testudo.plugin.loader.Inventory.State;
import testudo.spi.plugin.PluginSource;

/// Loads plugins from signed archives.
public final class ArchivePluginSource implements PluginSource {
    private final Locations locations;
    private final ModuleLayer image;

    /// Makes a source with this process's locations, over the layer that this module is in. For [java.util.ServiceLoader].
    public ArchivePluginSource() {
        this(Locations.standard(), image());
    }

    ArchivePluginSource(Locations locations, ModuleLayer image) {
        this.locations = locations;
        this.image = image;
    }

    /// The layer that this module is in, and the spi with it.
    static ModuleLayer image() {
        return Optional.ofNullable(ArchivePluginSource.class.getModule().getLayer()).orElse(ModuleLayer.boot());
    }

    @Override
    public Loaded load(List<Path> directories) {
        List<Entry> entries = new Inventory(locations.userKeys(), image).add(directories).load();
        return new Loaded(entries.stream().flatMap(entry -> entry.layer().stream()).toList(),
                entries.stream().filter(entry -> entry.state() == State.REFUSED).map(Entry::problem).toList());
    }

    @Override
    public Optional<byte[]> pack(ModuleLayer layer) {
        return new PackedLayers(image).pack(layer);
    }

    @Override
    public ModuleLayer unpack(byte[] packed) {
        return new PackedLayers(image).unpack(packed);
    }

    @Override
    public List<Path> defaultDirectories() {
        return List.of(locations.userPlugins(), locations.systemPlugins());
    }
}
