package testudo.spi.jail;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;

class JailChoiceTest {
    private static final Availability READY = new Availability.Ready("");
    private static final Availability MISSING = new Availability.Missing("no namespaces", "allow them");

    private record Kind(String id, int rank, Availability probe) implements JailProvider {
        @Override
        public HostProcess start(JailRequest jail, ProcessRequest process) {
            throw new AssertionError("nothing is started");
        }
    }

    private static JailProvider choice(List<JailProvider> installed, Optional<String> wanted) {
        return JailChoice.ready(JailChoice.candidates(installed, wanted));
    }

    @Test
    void theBestThatIsReady() {
        JailProvider second = new Kind("b", 50, READY);
        List<JailProvider> kinds = List.of(new Kind("c", 10, READY), new Kind("a", 90, MISSING), second);
        assertSame(second, choice(kinds, Optional.empty()));
    }

    @Test
    void theOneThatWasNamedOrNone() {
        JailProvider named = new Kind("a", 10, READY);
        assertSame(named, choice(List.of(new Kind("b", 90, READY), named), Optional.of("a")));
        VmmException.Config failure = assertThrows(
                VmmException.Config.class, () -> choice(List.of(new Kind("a", 1, MISSING), new Kind("b", 2, READY)), Optional.of(
                        "a")));
        assertEquals("jail of kind a: no namespaces; allow them", failure.getMessage());
    }

    @Test
    void noneIsAnErrorThatNamesWhatThereIs() {
        VmmException.Config failure = assertThrows(
                VmmException.Config.class, () -> choice(List.of(new Kind("a", 1, READY)), Optional.of("x")));
        assertTrue(failure.getMessage().contains("[a]"), failure::getMessage);
    }
}
