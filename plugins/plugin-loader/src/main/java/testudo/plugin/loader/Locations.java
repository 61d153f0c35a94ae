package testudo.plugin.loader;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.spi.VmmException;

/// Where plugins and keys are when the user does not say: the XDG base directories, or their like on Windows.
/// @param userPlugins the user's plugins
/// @param systemPlugins the system's plugins
/// @param userKeys the keys that the user trusts for plugins of every directory
/// @param fromEnvironment the directories of `$TESTUDO_PLUGINS`; empty when it is not set
record Locations(Path userPlugins, Path systemPlugins, Path userKeys, List<Path> fromEnvironment) {
    private static final String PRODUCT = "testudo";
    private static final String PLUGINS = "plugins";

    /// Copies the list.
    Locations {
        fromEnvironment = List.copyOf(fromEnvironment);
    }

    /// This process's.
    static Locations standard() {
        return of(System.getenv(), System.getProperty("os.name", ""), Path.of(System.getProperty("user.home", "/")));
    }

    /// Those of an environment.
    /// @param environment its variables
    /// @param system the operating system's name
    /// @param home the user's home directory
    /// @return the locations
    static Locations of(Map<String, String> environment, String system, Path home) {
        List<Path> named = new ArrayList<>();
        for (String part : environment.getOrDefault("TESTUDO_PLUGINS", "").split(File.pathSeparator, -1)) {
            if (!part.isBlank()) {
                named.add(path(part, "TESTUDO_PLUGINS"));
            }
        }
        if (system.startsWith("Windows")) {
            Path user = base(environment, "LOCALAPPDATA", home.resolve("AppData").resolve("Local")).resolve(PRODUCT);
            Path everyone = base(environment, "PROGRAMDATA", home.resolve("ProgramData")).resolve(PRODUCT);
            return new Locations(user.resolve(PLUGINS), everyone.resolve(PLUGINS), user.resolve(TrustedKeys.FOLDER), named);
        }
        Path data = base(environment, "XDG_DATA_HOME", home.resolve(".local/share"));
        Path configuration = base(environment, "XDG_CONFIG_HOME", home.resolve(".config"));
        return new Locations(data.resolve(PRODUCT).resolve(PLUGINS), Path.of("/usr/lib").resolve(PRODUCT).resolve(PLUGINS),
                configuration.resolve(PRODUCT).resolve(TrustedKeys.FOLDER), named);
    }

    /// The directories to search: those that options name, then those of the environment; without either the usual ones.
    /// @param named by options
    /// @return at least one
    List<Path> directories(List<Path> named) {
        List<Path> all = new ArrayList<>(named);
        all.addAll(fromEnvironment);
        return all.isEmpty() ? List.of(userPlugins, systemPlugins) : List.copyOf(all);
    }

    /// A relative base directory is to be ignored (XDG Base Directory Specification, "Basics").
    private static Path base(Map<String, String> environment, String variable, Path fallback) {
        String value = environment.getOrDefault(variable, "");
        return value.isEmpty() || !path(value, variable).isAbsolute() ? fallback : path(value, variable);
    }

    private static Path path(String text, String variable) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new VmmException.Config("%s: '%s' is not a path (%s); set it to existing directories"
                    .formatted(variable, text, e.getReason()));
        }
    }
}
