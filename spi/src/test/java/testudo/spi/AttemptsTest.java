package testudo.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AttemptsTest {
    private final Attempts attempts = new Attempts();

    @Test
    void nothingRefusedIsNoProblem() {
        assertEquals(Optional.of(7), attempts.make(() -> 7));
        attempts.finish();
    }

    @Test
    void problemsAreReportedTogetherInTheirOrder() {
        assertEquals(Optional.empty(), attempts.make(() -> {
            throw new VmmException.Config(List.of("one", "two"));
        }));
        attempts.refuse("three");
        attempts.check(() -> {
            throw new VmmException.Config("four");
        });
        assertEquals(
                List.of("one", "two", "three", "four"), assertThrows(VmmException.Config.class, attempts::finish).problems());
    }

    @Test
    void aBugIsNotAProblem() {
        assertThrows(IllegalStateException.class, () -> attempts.check(() -> {
            throw new IllegalStateException();
        }));
    }
}
