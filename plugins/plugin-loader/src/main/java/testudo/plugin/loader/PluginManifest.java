package testudo.plugin.loader;

import com.github.zafarkhaja.semver.ParseException;
import com.github.zafarkhaja.semver.Version;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.pf4j.DefaultPluginDescriptor;
import org.pf4j.PluginDependency;
import testudo.spi.VmmException;

/// A plugin's `plugin.properties`: PF4J's keys, and `permissions`.
/// @param id lower-case letters, digits, dots and dashes
/// @param version a semantic version
/// @param requires the range of spi versions it works with, never empty
/// @param provider who made it; may be empty
/// @param description one line; may be empty
/// @param dependencies other plugins, as PF4J writes them: `ID@RANGE`, `ID?@RANGE` when it is optional
/// @param permissions what it asks for
record PluginManifest(
        String id,
        String version,
        String requires,
        String provider,
        String description,
        List<String> dependencies,
        Set<Permission> permissions) {
    /// Where it is in an archive.
    static final String NAME = "plugin.properties";
    private static final int MAX_BYTES = 64 << 10;
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");
    private static final Pattern EXACT_VERSION = Pattern.compile("\\d+\\.\\d+\\.\\d+");

    /// Copies the collections.
    PluginManifest {
        dependencies = List.copyOf(dependencies);
        permissions = Collections.unmodifiableSet(permissions);
    }

    /// Reads a manifest.
    /// @param content the file, UTF-8
    /// @param where for error messages
    /// @return the manifest
    /// @throws VmmException.Config with every problem found
    static PluginManifest parse(byte[] content, String where) {
        Properties properties = load(content, where);
        List<String> problems = new ArrayList<>();
        String id = text(properties, "plugin.id");
        if (!ID.matcher(id).matches()) {
            problems.add(problem(where, "plugin.id", id, "use 1 to 64 of a-z, 0-9, '.' and '-'"));
        }
        String version = text(properties, "plugin.version");
        if (!isVersion(version)) {
            problems.add(problem(where, "plugin.version", version, "use a semantic version such as 1.0.0"));
        }
        String requires = text(properties, "plugin.requires");
        if (!isRange(requires)) {
            problems.add(problem(where, "plugin.requires", requires, "use a range of spi versions such as >=1.0.0 & <2.0.0"));
        }
        List<String> dependencies = words(properties, "plugin.dependencies");
        for (String dependency : dependencies) {
            PluginDependency parsed = new PluginDependency(dependency);
            if (!ID.matcher(parsed.getPluginId()).matches() || !isRange(parsed.getPluginVersionSupport())) {
                problems.add(problem(where, "plugin.dependencies", dependency, "use ID or ID@RANGE"));
            }
        }
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        for (String word : words(properties, "permissions")) {
            Permission.of(word).ifPresentOrElse(permissions::add,
                    () -> problems.add(problem(where, "permissions", word, "this version knows " + Permission.known())));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new PluginManifest(id, version, requires, text(properties, "plugin.provider"), text(properties, "plugin.description"),
                dependencies, permissions);
    }

    /// Whether a version lies in the range that the plugin asks for. A bare version means that one or a later one, as in PF4J.
    /// @param spi the image's version of the spi
    /// @return true when it does
    boolean accepts(Version spi) {
        return spi.satisfies(EXACT_VERSION.matcher(requires).matches() ? ">=" + requires : requires);
    }

    /// The same for PF4J.
    Descriptor descriptor() {
        return new Descriptor(this);
    }

    /// Its name for people: id and version.
    String label() {
        return id + " " + version;
    }

    private static Properties load(byte[] content, String where) {
        if (content.length > MAX_BYTES) {
            throw new VmmException.Config("%s: %s has %d bytes, more than %d; shorten it"
                    .formatted(where, NAME, content.length, MAX_BYTES));
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString()));
        } catch (CharacterCodingException e) {
            throw new VmmException.Config("%s: %s is not UTF-8 text; save it as UTF-8".formatted(where, NAME));
        } catch (IOException | IllegalArgumentException e) {
            throw new VmmException.Config("%s: %s can't be read (%s); see java.util.Properties for its format"
                    .formatted(where, NAME, e.getMessage()));
        }
        return properties;
    }

    private static String text(Properties properties, String key) {
        return properties.getProperty(key, "").strip().replaceAll("\\p{Cntrl}", " ");
    }

    private static List<String> words(Properties properties, String key) {
        List<String> words = new ArrayList<>();
        for (String word : text(properties, key).split(",", -1)) {
            if (!word.isBlank()) {
                words.add(word.strip());
            }
        }
        return words;
    }

    private static boolean isVersion(String text) {
        return Version.isValid(text);
    }

    private static boolean isRange(String text) {
        if (text.isEmpty()) {
            return false;
        }
        try {
            Version.of(0, 0, 0).satisfies(text);
            return true;
        } catch (ParseException e) {
            return false;
        }
    }

    private static String problem(String where, String key, String value, String fix) {
        return "%s: %s %s in %s; %s".formatted(where, key, value.isEmpty() ? "is missing" : "'" + value + "' is not valid", NAME, fix);
    }

    /// A descriptor made of a manifest.
    static final class Descriptor extends DefaultPluginDescriptor {
        Descriptor(PluginManifest manifest) {
            super(manifest.id, manifest.description, LayerPlugin.class.getName(), manifest.version, manifest.requires, manifest.provider,
                    "");
            setDependencies(String.join(",", manifest.dependencies));
        }
    }
}
