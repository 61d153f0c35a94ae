package testudo.plugin.loader;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pf4j.AbstractPluginManager;
import org.pf4j.DefaultExtensionFactory;
import org.pf4j.DefaultVersionManager;
import org.pf4j.ExtensionFactory;
import org.pf4j.ExtensionFinder;
import org.pf4j.PluginDependency;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginFactory;
import org.pf4j.PluginLoader;
import org.pf4j.PluginRepository;
import org.pf4j.PluginRuntimeException;
import org.pf4j.PluginState;
import org.pf4j.PluginStatusProvider;
import org.pf4j.PluginWrapper;
import org.pf4j.VersionManager;

/// PF4J's plugin manager over archives that are in memory: it orders them by dependency and starts each; one that fails takes only
/// those with it that depend on it.
///
/// PF4J itself would disable a plugin for another spi after its class loader exists, report a failure to the log only, and give up
/// altogether at the first cycle; so versions are checked before ([ModuleRules]) and failures are collected here.
final class VendorPlugins extends AbstractPluginManager {
    private final Map<Path, PluginArchive> archives;
    private final Set<String> disabled;
    private final ModuleLayer image;
    private final Map<Path, String> problems = new LinkedHashMap<>();

    /// Makes a manager.
    /// @param archives checked archives, with ids of their own each
    /// @param disabled ids that are not to be loaded
    /// @param image the layer they build on
    VendorPlugins(List<PluginArchive> archives, Set<String> disabled, ModuleLayer image) {
        // Before the constructor of PF4J, which asks for its parts.
        Map<Path, PluginArchive> byFile = new LinkedHashMap<>();
        archives.forEach(archive -> byFile.put(archive.file(), archive));
        this.archives = byFile;
        this.disabled = Set.copyOf(disabled);
        this.image = image;
        super(List.of());
    }

    /// Loads and starts all plugins that can be.
    /// @return the layers of those that were started, by archive, dependencies first
    Map<Path, ModuleLayer> start() {
        for (PluginArchive archive : archives.values()) {
            try {
                if (!disabled.contains(archive.manifest().id())) {
                    loadPluginFromPath(archive.file());
                }
            } catch (PluginRuntimeException e) {
                problems.put(archive.file(), "%s is refused: %s".formatted(archive.label(), e.getMessage()));
            }
        }
        while (removeUnresolvable()) {
            // Each round may leave others without what they depend on.
        }
        resolvePlugins();
        Map<Path, ModuleLayer> layers = new LinkedHashMap<>();
        for (PluginWrapper plugin : getResolvedPlugins()) {
            startOne(plugin, layers);
        }
        return layers;
    }

    /// Why plugins were not started, by archive.
    Map<Path, String> problems() {
        return Map.copyOf(problems);
    }

    private void startOne(PluginWrapper wrapper, Map<Path, ModuleLayer> layers) {
        PluginArchive archive = archive(wrapper.getPluginPath());
        for (PluginDependency dependency : wrapper.getDescriptor().getDependencies()) {
            PluginWrapper needed = getPlugin(dependency.getPluginId());
            if (!dependency.isOptional() && (needed == null || needed.getPluginState() != PluginState.STARTED)) {
                fail(wrapper, "it depends on plugin %s, which could not be loaded; put that right first".formatted(dependency
                        .getPluginId()));
                return;
            }
        }
        try {
            LayerPlugin plugin = (LayerPlugin) wrapper.getPlugin();
            plugin.start();
            wrapper.setPluginState(PluginState.STARTED);
            getStartedPlugins().add(wrapper);
            plugin.layer().ifPresent(layer -> layers.put(archive.file(), layer));
        } catch (testudo.spi.VmmException e) {
            wrapper.setPluginState(PluginState.FAILED);
            wrapper.setFailedException(e);
            problems.put(archive.file(), String.valueOf(e.getMessage()));
        } catch (RuntimeException | LinkageError e) {
            wrapper.setFailedException(e);
            fail(wrapper, "its modules can't be defined (%s); get it from its vendor again".formatted(e));
        }
    }

    private void fail(PluginWrapper wrapper, String reason) {
        wrapper.setPluginState(PluginState.FAILED);
        PluginArchive archive = archive(wrapper.getPluginPath());
        problems.put(archive.file(), "%s is refused: %s".formatted(archive.label(), reason));
    }

    /// As PF4J does it, but in an order that depends on nothing else than the archives' order and dependencies, and without a line in the
    /// log for each plugin at each start.
    @Override
    protected void resolvePlugins() {
        resolveDependencies();
        archives.values().forEach(archive -> resolve(archive.manifest().id()));
    }

    /// Puts a plugin behind those it depends on. There are no cycles any more.
    private void resolve(String id) {
        PluginWrapper plugin = getPlugin(id);
        if (plugin != null && getUnresolvedPlugins().remove(plugin)) {
            plugin.getDescriptor().getDependencies().forEach(dependency -> resolve(dependency.getPluginId()));
            plugin.setPluginState(PluginState.RESOLVED);
            getResolvedPlugins().add(plugin);
        }
    }

    /// Takes out plugins whose dependencies are missing, of another version, or depend on them in turn.
    private boolean removeUnresolvable() {
        Map<String, String> reasons = new TreeMap<>();
        for (PluginWrapper plugin : sorted(getPlugins())) {
            for (PluginDependency dependency : plugin.getDescriptor().getDependencies()) {
                PluginWrapper needed = getPlugin(dependency.getPluginId());
                String id = dependency.getPluginId();
                if (needed == null && !dependency.isOptional()) {
                    reasons.put(plugin.getPluginId(), disabled.contains(id)
                            ? "it depends on plugin %s, which is disabled; run 'testudo plugin enable %s'".formatted(id, id)
                            : "it depends on plugin %s %s, which is not there; install that".formatted(id, dependency
                                    .getPluginVersionSupport()));
                } else if (needed != null && !getVersionManager().checkVersionConstraint(needed.getDescriptor().getVersion(),
                        dependency.getPluginVersionSupport())) {
                    reasons.put(plugin.getPluginId(), "it depends on plugin %s %s, and %s is there; install a version that fits".formatted(
                            id,
                            dependency.getPluginVersionSupport(), needed.getDescriptor().getVersion()));
                }
            }
        }
        if (reasons.isEmpty()) {
            sorted(getPlugins()).stream().filter(plugin -> dependsOnItself(plugin.getPluginId())).forEach(plugin -> reasons.put(
                    plugin.getPluginId(), "it depends, through others, on itself; its vendor must break that cycle"));
        }
        reasons.forEach((id, reason) -> {
            PluginWrapper plugin = getPlugin(id);
            fail(plugin, reason);
            plugins.remove(id);
            getUnresolvedPlugins().remove(plugin);
            getPluginClassLoaders().remove(id);
        });
        return !reasons.isEmpty();
    }

    private boolean dependsOnItself(String id) {
        Set<String> reached = new LinkedHashSet<>();
        List<String> open = new ArrayList<>(List.of(id));
        while (!open.isEmpty()) {
            PluginWrapper plugin = getPlugin(open.removeLast());
            for (PluginDependency dependency : plugin == null
                    ? List.<PluginDependency>of()
                    : plugin.getDescriptor().getDependencies()) {
                if (reached.add(dependency.getPluginId())) {
                    open.add(dependency.getPluginId());
                }
            }
        }
        return reached.contains(id);
    }

    private static List<PluginWrapper> sorted(List<PluginWrapper> plugins) {
        return plugins.stream().sorted(Comparator.comparing(PluginWrapper::getPluginId)).toList();
    }

    private PluginArchive archive(Path file) {
        PluginArchive archive = archives.get(file);
        if (archive == null) {
            throw new IllegalStateException(file + " is not one of ours");
        }
        return archive;
    }

    private LayerPlugin layerPlugin(PluginWrapper wrapper) {
        List<LayerPlugin> dependencies = new ArrayList<>();
        for (PluginDependency dependency : wrapper.getDescriptor().getDependencies()) {
            if (getPlugin(dependency.getPluginId()) instanceof PluginWrapper needed && needed.getPlugin() instanceof LayerPlugin plugin) {
                dependencies.add(plugin);
            }
        }
        return new LayerPlugin(archive(wrapper.getPluginPath()), (PluginClassLoader) wrapper.getPluginClassLoader(), image, dependencies);
    }

    @Override
    protected List<Path> createPluginsRoot() {
        return List.of();
    }

    @Override
    protected PluginRepository createPluginRepository() {
        return new PluginRepository() {
            @Override
            public List<Path> getPluginPaths() {
                return List.copyOf(archives.keySet());
            }

            @Override
            public boolean deletePluginPath(Path file) {
                return false;
            }
        };
    }

    @Override
    protected PluginFactory createPluginFactory() {
        return this::layerPlugin;
    }

    @Override
    protected PluginDescriptorFinder createPluginDescriptorFinder() {
        return new PluginDescriptorFinder() {
            @Override
            public boolean isApplicable(Path file) {
                return archives.containsKey(file);
            }

            @Override
            public PluginDescriptor find(Path file) {
                return archive(file).manifest().descriptor();
            }
        };
    }

    @Override
    protected PluginLoader createPluginLoader() {
        return new PluginLoader() {
            @Override
            public boolean isApplicable(Path file) {
                return archives.containsKey(file);
            }

            @Override
            public ClassLoader loadPlugin(Path file, PluginDescriptor descriptor) {
                PluginArchive archive = archive(file);
                return new PluginClassLoader(archive.manifest().id(), file, archive.modules(), VendorPlugins.class.getClassLoader());
            }
        };
    }

    @Override
    protected PluginStatusProvider createPluginStatusProvider() {
        return new PluginStatusProvider() {
            @Override
            public boolean isPluginDisabled(String id) {
                return disabled.contains(id);
            }

            @Override
            public void disablePlugin(String id) {
                throw new UnsupportedOperationException("a plugin is disabled in its directory");
            }

            @Override
            public void enablePlugin(String id) {
                throw new UnsupportedOperationException("a plugin is enabled in its directory");
            }
        };
    }

    @Override
    protected VersionManager createVersionManager() {
        return new DefaultVersionManager();
    }

    @Override
    protected ExtensionFactory createExtensionFactory() {
        return new DefaultExtensionFactory();
    }

    /// None: providers are found by [java.util.ServiceLoader] in the layers.
    @Override
    protected @Nullable ExtensionFinder createExtensionFinder() {
        return null;
    }
}
