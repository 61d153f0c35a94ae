package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private String shown(boolean terminal, Duration patience) throws InterruptedException {
        CountDownLatch looks = new CountDownLatch(2);
        Progress progress = new Progress(new PrintStream(err, true, StandardCharsets.UTF_8), terminal, patience);
        try (Progress.Step step = progress.step("working", () -> {
            looks.countDown();
            return false;
        })) {
            step.percent(40);
            looks.await();
        }
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void elsewhereThereIsALineAtEitherEnd() throws InterruptedException {
        String text = shown(false, Duration.ZERO);
        assertTrue(text.matches("testudo: working …\ntestudo: working: \\d+ s\n"), text);
    }

    @Test
    void onATerminalTheLineIsGoneAtTheEnd() throws InterruptedException {
        String text = shown(true, Duration.ZERO);
        assertTrue(text.matches("(?s)\r.\\[Ktestudo: working … 40 %, \\d+ s.*\r.\\[K"), text);
    }

    @Test
    void whatIsQuickIsNotMentioned() throws InterruptedException {
        assertEquals("", shown(false, Duration.ofDays(1)));
    }
}
