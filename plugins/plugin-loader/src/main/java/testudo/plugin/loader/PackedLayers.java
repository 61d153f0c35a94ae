package testudo.plugin.loader;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Layers of plugins as bytes, from one process of the product to another: what was checked in the first is what the second has.
/// @param image the layer they build on, the same modules in both processes
record PackedLayers(ModuleLayer image) {
    /// Packs a plugin's layer, behind those it builds on.
    /// @param top the layer
    /// @return bytes for [#unpack]; nothing when one of them has native access, or is not of a plugin
    Optional<byte[]> pack(ModuleLayer top) {
        List<ModuleLayer> layers = new ArrayList<>();
        if (!collect(top, layers)) {
            return Optional.empty();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(layers.size());
            for (ModuleLayer layer : layers) {
                write(layer, layers, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes any bytes", e);
        }
        return Optional.of(bytes.toByteArray());
    }

    /// Those below come first.
    private boolean collect(ModuleLayer layer, List<ModuleLayer> layers) {
        if (layer == image || layers.contains(layer)) {
            return true;
        }
        for (Module module : layer.modules()) {
            if (module.isNativeAccessEnabled() || !(module.getClassLoader() instanceof PluginClassLoader)) {
                return false;
            }
        }
        if (!layer.parents().stream().allMatch(parent -> collect(parent, layers))) {
            return false;
        }
        layers.add(layer);
        return true;
    }

    private void write(ModuleLayer layer, List<ModuleLayer> layers, DataOutputStream out) throws IOException {
        List<String> names = layer.configuration().modules().stream().map(ResolvedModule::name).sorted().toList();
        PluginClassLoader loader = (PluginClassLoader) layer.findLoader(names.getFirst());
        writeText(out, loader.id());
        writeText(out, loader.file().toString());
        out.writeInt(names.size());
        for (String name : names) {
            loader.module(name).write(out);
        }
        List<ModuleLayer> parents = layer.parents().stream().filter(parent -> parent != image).toList();
        out.writeInt(parents.size());
        for (ModuleLayer parent : parents) {
            out.writeInt(layers.indexOf(parent));
        }
    }

    /// Defines what was packed.
    /// @param packed what [#pack] has answered in a process of the same image
    /// @return the layer that was packed
    ModuleLayer unpack(byte[] packed) {
        List<ModuleLayer> layers = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(packed))) {
            for (int left = in.readInt(); left > 0; left--) {
                layers.add(read(in, layers));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("packed by another version", e);
        }
        return layers.getLast();
    }

    private ModuleLayer read(DataInputStream in, List<ModuleLayer> layers) throws IOException {
        String id = readText(in);
        Path file = Path.of(readText(in));
        List<MemoryModule> modules = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            modules.add(MemoryModule.read(in));
        }
        List<ModuleLayer> parents = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            parents.add(layers.get(in.readInt()));
        }
        parents.add(image);
        Configuration configuration = Configuration.resolve(
                new MemoryModuleFinder(modules),
                parents.stream().map(ModuleLayer::configuration).toList(),
                ModuleFinder.of(),
                modules.stream().map(MemoryModule::name).collect(Collectors.toSet()));
        PluginClassLoader loader = new PluginClassLoader(id, file, modules, PackedLayers.class.getClassLoader());
        loader.link(configuration, parents);
        return ModuleLayer.defineModules(configuration, parents, name -> loader).layer();
    }

    /// Writes a text of any length.
    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /// Reads what [#writeText] has written.
    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
}
