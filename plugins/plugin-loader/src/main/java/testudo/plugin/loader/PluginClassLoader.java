package testudo.plugin.loader;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ResolvedModule;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Defines the classes of one plugin, from memory. A class of its own modules comes first, then that of a plugin it reads, then the image's.
///
/// Any thread. Holds the plugin's bytes as long as the plugin is loaded.
final class PluginClassLoader extends ClassLoader {
    static {
        registerAsParallelCapable();
    }

    private final Map<String, MemoryModule> modules = new HashMap<>();
    private final Map<String, MemoryModule> packages = new HashMap<>();
    private final ProtectionDomain domain;
    private final String id;
    private final Path file;
    private volatile Map<String, ClassLoader> foreignPackages = Map.of();

    /// Makes a loader that knows no other plugin yet.
    /// @param id the plugin
    /// @param file where its archive was read from
    /// @param contents its modules
    /// @param parent the image's loader
    PluginClassLoader(String id, Path file, List<MemoryModule> contents, ClassLoader parent) {
        super("plugin " + id, parent);
        this.id = id;
        this.file = file;
        for (MemoryModule module : contents) {
            modules.put(module.name(), module);
            module.descriptor().packages().forEach(name -> packages.put(name, module));
        }
        try {
            domain = new ProtectionDomain(new CodeSource(file.toUri().toURL(), (Certificate @Nullable []) null), null);
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("archives are files", e);
        }
    }

    /// The plugin.
    String id() {
        return id;
    }

    /// Where its archive was read from.
    Path file() {
        return file;
    }

    /// One of its modules.
    /// @param name the module's name
    /// @throws IllegalArgumentException when it has no such module
    MemoryModule module(String name) {
        MemoryModule module = modules.get(name);
        if (module == null) {
            throw new IllegalArgumentException("plugin " + id + " has no module " + name);
        }
        return module;
    }

    /// Lets the plugin see the packages of the plugins it reads. Called once, before a class is asked for.
    /// @param configuration the plugin's own modules, resolved
    /// @param parents the layers of plugins it depends on
    void link(Configuration configuration, List<ModuleLayer> parents) {
        Map<String, ClassLoader> foreign = new HashMap<>();
        for (ResolvedModule module : configuration.modules()) {
            for (ResolvedModule read : module.reads()) {
                for (ModuleLayer parent : parents) {
                    if (parent.configuration() == read.configuration()
                            && parent.findLoader(read.name()) instanceof PluginClassLoader loader) {
                        exportedTo(module.name(), read).forEach(name -> foreign.put(name, loader));
                    }
                }
            }
        }
        foreignPackages = Map.copyOf(foreign);
    }

    private static List<String> exportedTo(String reader, ResolvedModule read) {
        return read.reference().descriptor().exports().stream()
                .filter(exported -> !exported.isQualified() || exported.targets().contains(reader))
                .map(ModuleDescriptor.Exports::source).toList();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> found = findLoadedClass(name);
            if (found == null) {
                String packageName = packageOf(name);
                ClassLoader foreign = foreignPackages.get(packageName);
                if (packages.containsKey(packageName)) {
                    found = findClass(name);
                } else if (foreign != null) {
                    found = foreign.loadClass(name);
                } else {
                    found = getParent().loadClass(name);
                }
            }
            if (resolve) {
                resolveClass(found);
            }
            return found;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        MemoryModule module = packages.get(packageOf(name));
        Class<?> found = module == null ? null : define(module, name);
        if (found == null) {
            throw new ClassNotFoundException(name);
        }
        return found;
    }

    @Override
    protected @Nullable Class<?> findClass(@Nullable String moduleName, String name) {
        MemoryModule module = moduleName == null ? null : modules.get(moduleName);
        return module == null ? null : define(module, name);
    }

    private @Nullable Class<?> define(MemoryModule module, String name) {
        byte[] bytes = module.entry(name.replace('.', '/') + ".class");
        if (bytes == null || packages.get(packageOf(name)) != module) {
            return null;
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> found = findLoadedClass(name);
            return found != null ? found : defineClass(name, bytes, 0, bytes.length, domain);
        }
    }

    @Override
    protected @Nullable URL findResource(@Nullable String moduleName, String name) throws IOException {
        MemoryModule module = moduleName == null ? null : modules.get(moduleName);
        return module == null || module.entry(name) == null ? null : urlOf(module, name);
    }

    /// Finds what code outside of the module may see: a resource in no package, of an open package, or a class file.
    @Override
    protected @Nullable URL findResource(String name) {
        Enumeration<URL> found = findResources(name);
        return found.hasMoreElements() ? found.nextElement() : null;
    }

    @Override
    protected Enumeration<URL> findResources(String name) {
        List<URL> found = new ArrayList<>();
        for (MemoryModule module : modules.values()) {
            if (module.entry(name) != null && isVisible(module, name)) {
                found.add(urlOf(module, name));
            }
        }
        return Collections.enumeration(found);
    }

    private boolean isVisible(MemoryModule module, String name) {
        String packageName = packageOf(name.replace('/', '.').endsWith(".class")
                ? name.substring(0, name.length() - 6).replace('/', '.')
                : name.substring(0, name.lastIndexOf('/') + 1).replace('/', '.'));
        return name.endsWith(".class") || !module.descriptor().packages().contains(packageName) || module.descriptor().isOpen()
                || module.descriptor().opens().stream().anyMatch(open -> !open.isQualified() && open.source().equals(packageName));
    }

    private static URL urlOf(MemoryModule module, String name) {
        URI uri = module.uriOf(name);
        try {
            return URL.of(uri, new InMemory(module, name));
        } catch (MalformedURLException e) {
            throw new IllegalStateException("the handler takes any URI", e);
        }
    }

    private static String packageOf(String className) {
        int end = className.lastIndexOf('.');
        return end < 0 ? "" : className.substring(0, end);
    }

    /// Opens one entry of a module.
    private static final class InMemory extends URLStreamHandler {
        private final MemoryModule module;
        private final String name;

        InMemory(MemoryModule module, String name) {
            this.module = module;
            this.name = name;
        }

        @Override
        protected URLConnection openConnection(URL url) {
            return new Connection(url, module.entry(name));
        }
    }

    /// Hands out the bytes of an entry.
    private static final class Connection extends URLConnection {
        private final byte @Nullable [] content;

        Connection(URL url, byte @Nullable [] content) {
            super(url);
            this.content = content;
        }

        @Override
        public void connect() {
            connected = true;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            if (content == null) {
                throw new FileNotFoundException(url.toString());
            }
            return new ByteArrayInputStream(content);
        }

        @Override
        public long getContentLengthLong() {
            return content == null ? -1 : content.length;
        }
    }
}
