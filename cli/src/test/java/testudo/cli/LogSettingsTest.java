package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.Level;

class LogSettingsTest {
    @ParameterizedTest
    @CsvSource({
            "testudo.core.Bus, WARN", "testudo.plugin.disk.Raw, DEBUG", "testudo.plugin.disk.raw.X, TRACE", "testudo.plugin.diskette, WARN",
            "plugin.disk.X, DEBUG"
    })
    void longestPathWins(String logger, Level expected) {
        LogSettings settings = LogSettings.of("warn,plugin::disk=debug,testudo.plugin.disk.raw=trace", "");
        assertEquals(expected.toInt(), settings.level(logger));
    }

    @Test
    void whatNoRuleNamesIsOff() {
        assertEquals(LogSettings.OFF, LogSettings.of("core=info", "").level("testudo.cli.Main"));
        assertEquals(LogSettings.OFF, LogSettings.of("off", "").level("testudo.cli.Main"));
    }

    @ParameterizedTest
    @CsvSource({"loud", "''", "'info,'", "core=", "core"})
    void wrongFiltersAreRefused(String filter) {
        assertThrows(UsageException.class, () -> LogSettings.of(filter, ""));
    }
}
