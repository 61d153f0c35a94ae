package testudo.core.option;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpellingTest {
    private static final List<String> KEYS = List.of("path", "ro", "root", "sparse", "block-size");

    @Test
    void fewerWrongLettersBeatACommonBeginning() {
        assertEquals(Optional.of("root"), Spelling.closest("rooot", KEYS));
    }

    @Test
    void aWordThatWasCutShortIsKnown() {
        assertEquals(Optional.of("block-size"), Spelling.closest("block", KEYS));
    }

    @Test
    void nothingIsSuggestedForSomethingElse() {
        assertEquals(Optional.empty(), Spelling.closest("lock-step", KEYS));
    }
}
