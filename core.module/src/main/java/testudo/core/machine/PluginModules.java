package testudo.core.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Optional;
import java.util.ServiceLoader;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.SharedMemory;
import testudo.spi.plugin.PluginSource;

/// Plugins from outside of the runtime image, from the machine's process to a device's: as the bytes that were checked, in memory. The
/// device's process opens no archive, so none can be changed under it, and its jail shows none.
final class PluginModules {
    private PluginModules() {}

    /// Whether a provider is of such a plugin.
    static boolean areOutside(DeviceProvider provider) {
        ModuleLayer layer = provider.getClass().getModule().getLayer();
        return layer != null && layer != ModuleLayer.boot();
    }

    /// The plugin of a provider that [#areOutside].
    /// @return nothing when no other process may have it
    static Optional<byte[]> packed(DeviceProvider provider) {
        return source().flatMap(source -> source.pack(provider.getClass().getModule().getLayer()));
    }

    /// Memory to pass to a process.
    static SharedMemory share(byte[] packed, HostPlatform host) {
        long page = host.memory().pageSizeBytes();
        SharedMemory memory = host.memory().create("testudo.plugin", (packed.length + page - 1) / page * page);
        MemorySegment.copy(packed, 0, memory.bytes(), ValueLayout.JAVA_BYTE, 0, packed.length);
        return memory;
    }

    /// The layer that was passed to this process.
    /// @throws VmmException when it can't be had
    static ModuleLayer layer(Passed passed, HostPlatform host) {
        try (HostFile file = host.files().open(passed.plugin(), EnumSet.of(Mode.READ, Mode.WRITE)); Arena arena = Arena.ofConfined()) {
            MemorySegment packed = arena.allocate(passed.pluginBytes());
            if (file.read(0, packed, 0, packed.byteSize()) != packed.byteSize()) {
                throw new VmmException.Host(VmmException.Kind.IO, "the plugin that was passed is cut short");
            }
            return source().orElseThrow(() -> new VmmException.Config("no installed module loads plugins"))
                    .unpack(packed.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private static Optional<PluginSource> source() {
        return ServiceLoader.load(PluginSource.class).findFirst();
    }
}
