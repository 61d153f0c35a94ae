package testudo.spi.plugin;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Loads vendors' plugins. Found by [java.util.ServiceLoader]; an image without one has no plugins from outside.
public interface PluginSource {
    /// Loads every enabled plugin of some directories, each into a layer of its own. Called at most once, before options are read.
    ///
    /// A plugin that is unsigned, tampered with, or made for another version of the spi is not loaded: it becomes a problem, not an exception.
    /// @param directories where to look, in order; one that does not exist is skipped
    /// @return what was loaded and what was not
    Loaded load(List<Path> directories);

    /// The directories that are searched when the user names none: the user's and the system's.
    /// @return paths, which need not exist
    List<Path> defaultDirectories();

    /// Packs a layer for a device process, with those it builds on: so the process has what was checked here, and reads no file.
    /// @param layer one that [#load] has answered
    /// @return bytes for [#unpack]; nothing when no other process may have it: its plugin has native access
    Optional<byte[]> pack(ModuleLayer layer);

    /// Defines a layer that another process of the same image has packed. Nothing is checked: only the machine's process is to be heard.
    /// @param packed what [#pack] has answered
    /// @return the layer
    ModuleLayer unpack(byte[] packed);

    /// What [#load] found.
    /// @param layers one for each plugin, for [java.util.ServiceLoader#load(ModuleLayer, Class)]
    /// @param problems one sentence for each plugin that was refused: which, why, how to fix it
    record Loaded(List<ModuleLayer> layers, List<String> problems) {
        /// Copies the lists.
        public Loaded {
            layers = List.copyOf(layers);
            problems = List.copyOf(problems);
        }
    }
}
