package testudo.testing.e2e;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Ten kills, at times that are the same in every run.
class CrashConsistencyTest extends CrashConsistency {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void fileSystemSurvivesAKilledMonitor(long seed) throws Exception {
        killAndCheck(seed);
    }
}
