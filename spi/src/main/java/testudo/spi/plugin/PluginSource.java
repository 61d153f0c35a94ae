package testudo.spi.plugin;

import java.nio.file.Path;
import java.util.List;

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
