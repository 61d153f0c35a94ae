package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;

/// Where plugins and keys are looked for.
class LocationsTest {
    private static final Path HOME = Path.of("/home/ada");

    @Test
    void withoutVariablesTheUsualPlaces() {
        Locations locations = Locations.of(Map.of(), "Linux", HOME);

        assertEquals(List.of(Path.of("/home/ada/.local/share/testudo/plugins"), Path.of("/usr/lib/testudo/plugins")),
                locations.directories(List.of()));
        assertEquals(Path.of("/home/ada/.config/testudo/trusted-keys"), locations.userKeys());
    }

    @Test
    void baseDirectoriesMoveThemUnlessTheyAreRelative() {
        Locations locations = Locations.of(Map.of("XDG_DATA_HOME", "/data", "XDG_CONFIG_HOME", "conf"), "Linux", HOME);

        assertEquals(Path.of("/data/testudo/plugins"), locations.userPlugins());
        assertEquals(Path.of("/home/ada/.config/testudo/trusted-keys"), locations.userKeys());
    }

    @Test
    void namedDirectoriesComeBeforeThoseOfTheEnvironmentAndReplaceTheUsualOnes() {
        Locations locations = Locations.of(Map.of("TESTUDO_PLUGINS", "/a" + File.pathSeparator + File.pathSeparator + "/b"), "Linux", HOME);

        assertEquals(List.of(Path.of("/a"), Path.of("/b")), locations.directories(List.of()));
        assertEquals(List.of(Path.of("/c"), Path.of("/a"), Path.of("/b")), locations.directories(List.of(Path.of("/c"))));
    }

    @Test
    void aPathThatIsNoneIsNamed() {
        assertThrows(VmmException.Config.class, () -> Locations.of(Map.of("TESTUDO_PLUGINS", "/a\0"), "Linux", HOME));
    }
}
