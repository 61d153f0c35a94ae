package testudo.plugin.loader;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;

/// A modular jar that is in memory.
final class MemoryModule extends ModuleReference {
    private static final String DESCRIPTOR = "module-info.class";
    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final String VERSIONS = "META-INF/versions/";

    private final Map<String, byte[]> entries;
    private final URI location;
    private final int sizeBytes;

    private MemoryModule(ModuleDescriptor descriptor, URI location, Map<String, byte[]> entries, int sizeBytes) {
        super(descriptor, location);
        this.entries = entries;
        this.location = location;
        this.sizeBytes = sizeBytes;
    }

    /// Reads a jar.
    /// @param jar its bytes
    /// @param maxBytes how much it may hold unpacked
    /// @param archive the archive it is in
    /// @param name its name in the archive
    /// @return the module
    /// @throws VmmException.Config when it is damaged, too large or has no module descriptor
    static MemoryModule of(byte[] jar, int maxBytes, Path archive, String name) {
        String where = archive + "!/" + name;
        Map<String, byte[]> entries = ZipContents.read(jar, maxBytes, where);
        int size = entries.values().stream().mapToInt(content -> content.length).sum();
        entries = versioned(entries, where);
        if (!entries.containsKey(DESCRIPTOR)) {
            throw new VmmException.Config(
                    "%s is refused: it has no module-info.class, and automatic modules have no fixed borders; its vendor must add one"
                            .formatted(where));
        }
        try {
            return of(entries, archive.resolve(name).toUri(), size);
        } catch (RuntimeException | LinkageError e) {
            // The JDK's parser has no one exception for a damaged descriptor.
            throw new VmmException.Config("%s is refused: its module-info.class is not valid (%s)".formatted(where, e));
        }
    }

    private static MemoryModule of(Map<String, byte[]> entries, URI location, int sizeBytes) {
        Set<String> packages = packages(entries);
        ByteBuffer descriptor = ByteBuffer.wrap(Objects.requireNonNull(entries.get(DESCRIPTOR)));
        return new MemoryModule(ModuleDescriptor.read(descriptor, () -> packages), location, entries, sizeBytes);
    }

    /// Writes what [#read] makes the same module of.
    void write(DataOutputStream out) throws IOException {
        PackedLayers.writeText(out, location.toString());
        out.writeInt(entries.size());
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            PackedLayers.writeText(out, entry.getKey());
            out.writeInt(entry.getValue().length);
            out.write(entry.getValue());
        }
    }

    /// Reads what [#write] has written.
    static MemoryModule read(DataInputStream in) throws IOException {
        URI location = URI.create(PackedLayers.readText(in));
        Map<String, byte[]> entries = new HashMap<>();
        int size = 0;
        for (int left = in.readInt(); left > 0; left--) {
            String name = PackedLayers.readText(in);
            byte[] content = in.readNBytes(in.readInt());
            entries.put(name, content);
            size += content.length;
        }
        return of(entries, location, size);
    }

    /// The module's name.
    String name() {
        return descriptor().name();
    }

    /// How much it holds unpacked.
    int sizeBytes() {
        return sizeBytes;
    }

    /// The bytes of an entry, which must not be changed.
    /// @param name its name, with slashes
    /// @return null when there is none
    byte @Nullable [] entry(String name) {
        return entries.get(name);
    }

    /// The names of its entries.
    Set<String> names() {
        return entries.keySet();
    }

    /// What names an entry; only the plugin's class loader can open it.
    /// @param name the entry
    /// @return a URI of scheme `testudo-plugin`
    URI uriOf(String name) {
        try {
            return new URI("testudo-plugin", null, location.getPath() + "!/" + name, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a URI of parts is quoted", e);
        }
    }

    @Override
    public ModuleReader open() {
        return new Reader();
    }

    /// Puts the entries for this Java release over the others (JAR File Specification, "Multi-release JAR files").
    private static Map<String, byte[]> versioned(Map<String, byte[]> entries, String where) {
        byte[] manifest = entries.get(MANIFEST);
        try {
            if (manifest == null || !"true".equalsIgnoreCase(
                    new Manifest(new ByteArrayInputStream(manifest)).getMainAttributes().getValue("Multi-Release"))) {
                return entries;
            }
        } catch (IOException e) {
            throw new VmmException.Config("%s is refused: its manifest is damaged (%s)".formatted(where, e.getMessage()));
        }
        Map<Integer, Map<String, byte[]>> releases = new TreeMap<>();
        Map<String, byte[]> merged = new HashMap<>();
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            String name = entry.getKey();
            int end = name.startsWith(VERSIONS) ? name.indexOf('/', VERSIONS.length()) : -1;
            if (end < 0) {
                merged.put(name, entry.getValue());
            } else if (name.substring(VERSIONS.length(), end).matches("\\d{1,4}")) {
                releases.computeIfAbsent(Integer.valueOf(name.substring(VERSIONS.length(), end)), release -> new HashMap<>())
                        .put(name.substring(end + 1), entry.getValue());
            }
        }
        releases.forEach((release, overlay) -> {
            if (release >= 9 && release <= Runtime.version().feature()) {
                merged.putAll(overlay);
            }
        });
        return merged;
    }

    private static Set<String> packages(Map<String, byte[]> entries) {
        Set<String> packages = new TreeSet<>();
        for (String name : entries.keySet()) {
            int end = name.lastIndexOf('/');
            if (end > 0 && name.endsWith(".class") && !name.startsWith("META-INF/")) {
                packages.add(name.substring(0, end).replace('/', '.'));
            }
        }
        return packages;
    }

    /// Reads from the map; nothing to close.
    private final class Reader implements ModuleReader {
        @Override
        public Optional<URI> find(String name) {
            return entries.containsKey(name) ? Optional.of(uriOf(name)) : Optional.empty();
        }

        @Override
        public Optional<InputStream> open(String name) {
            return Optional.ofNullable(entries.get(name)).map(ByteArrayInputStream::new);
        }

        @Override
        public Stream<String> list() {
            return entries.keySet().stream();
        }

        @Override
        public void close() {}
    }
}
