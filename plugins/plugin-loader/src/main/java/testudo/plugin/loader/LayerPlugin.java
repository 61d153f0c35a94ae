package testudo.plugin.loader;

import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pf4j.Plugin;
import testudo.spi.VmmException;

/// A plugin as PF4J starts it: starting means defining its module layer.
final class LayerPlugin extends Plugin {
    private final PluginArchive archive;
    private final PluginClassLoader loader;
    private final ModuleLayer image;
    private final List<LayerPlugin> dependencies;
    private @Nullable ModuleLayer layer;

    /// Makes a plugin that is not started.
    /// @param archive its contents
    /// @param loader defines its classes
    /// @param image the layer it builds on
    /// @param dependencies the plugins it depends on, started before it is
    LayerPlugin(PluginArchive archive, PluginClassLoader loader, ModuleLayer image, List<LayerPlugin> dependencies) {
        this.archive = archive;
        this.loader = loader;
        this.image = image;
        this.dependencies = List.copyOf(dependencies);
    }

    /// Its layer, once it has been started.
    Optional<ModuleLayer> layer() {
        return Optional.ofNullable(layer);
    }

    /// Defines the layer. No code of the plugin runs yet.
    /// @throws VmmException.Config when its modules do not fit together
    @Override
    @SuppressWarnings("restricted") // passes on what this module was granted itself
    public void start() {
        List<ModuleLayer> parents = new ArrayList<>();
        dependencies.forEach(dependency -> dependency.layer().ifPresent(parents::add));
        parents.add(image);
        try {
            Configuration configuration = resolve(archive, parents);
            loader.link(configuration, parents);
            ModuleLayer.Controller controller = ModuleLayer.defineModules(configuration, parents, name -> loader);
            if (archive.manifest().permissions().contains(Permission.NATIVE_ACCESS)) {
                // NATIVE: the vendor's key is trusted and the manifest asks for it; without this its downcalls are refused or warned of.
                controller.layer().modules().forEach(controller::enableNativeAccess);
            }
            layer = controller.layer();
        } catch (LayerInstantiationException | SecurityException e) {
            throw refused(archive, e);
        }
    }

    @Override
    public void stop() {
        layer = null;
    }

    /// Resolves a plugin's modules against the layers below. Defines nothing.
    /// @param archive the plugin
    /// @param parents the layers it builds on
    /// @return the configuration
    /// @throws VmmException.Config when a module is missing or two export the same package
    static Configuration resolve(PluginArchive archive, List<ModuleLayer> parents) {
        try {
            return Configuration.resolve(new MemoryModuleFinder(archive.modules()), parents.stream().map(ModuleLayer::configuration)
                    .toList(),
                    ModuleFinder.of(), ModuleRules.roots(archive));
        } catch (FindException | ResolutionException e) {
            throw refused(archive, e);
        }
    }

    private static VmmException.Config refused(PluginArchive archive, RuntimeException cause) {
        return new VmmException.Config(("%s is refused: its modules do not fit this image (%s); install a version of it made for this"
                + " image, or an image with more modules").formatted(archive.label(), cause.getMessage()));
    }
}
