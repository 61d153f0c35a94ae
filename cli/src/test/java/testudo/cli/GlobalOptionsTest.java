package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class GlobalOptionsTest {
    @Test
    void optionsEndWhereTheCommandBegins() {
        GlobalOptions options = GlobalOptions.of(List.of("--extended-status", "--log-level", "debug", "run", "--no-syslog"));
        assertTrue(options.extendedStatus());
        assertEquals(Level.DEBUG.toInt(), options.log().level("any"));
        assertEquals(List.of("run", "--no-syslog"), options.rest());
        assertFalse(GlobalOptions.of(List.of("run", "--extended-status")).extendedStatus());
    }

    @Test
    void syslogOptionsAreAccepted() {
        GlobalOptions options = GlobalOptions.of(List.of("--no-syslog", "--syslog-tag", "vm1", "version"));
        assertEquals("vm1", options.log().tag());
        assertEquals(List.of("version"), options.rest());
    }

    @Test
    void pluginDirectoriesAddUp() {
        assertEquals(List.of(Path.of("/a"), Path.of("/b")),
                GlobalOptions.of(List.of("--plugin-dir", "/a", "--plugin-dir", "/b")).pluginDirectories());
    }
}
