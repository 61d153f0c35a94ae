package testudo.testing.e2e;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Two hundred kills.
@Tag("long")
class CrashConsistencyLongTest extends CrashConsistency {
    static LongStream seeds() {
        return LongStream.rangeClosed(1001, 1200);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void fileSystemSurvivesAKilledMonitor(long seed) throws Exception {
        killAndCheck(seed);
    }
}
