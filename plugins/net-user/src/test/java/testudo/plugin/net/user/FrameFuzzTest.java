package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import org.junit.jupiter.api.Test;

/// Frames of the corpus `frames.txt`, as they are and mutated: cut, spliced, with bytes changed, several in a row. Whatever a guest sends, nothing is
/// thrown, and the gateway still answers. A frame that once broke something belongs into the corpus.
class FrameFuzzTest {
    static final List<byte[]> CORPUS = corpus();
    private static final TestGuest GUEST = new TestGuest(true, false);
    /// How far each try goes on from its seed: 1 for the ordinary build, more (`-Dtestudo.fuzz.rounds=200`) for a long search.
    private static final int ROUNDS = Integer.getInteger("testudo.fuzz.rounds", 1);
    private static final int[] EDGES = {0, 1, 0x7F, 0x80, 0xFF};

    @AfterContainer
    static void close() {
        GUEST.close();
    }

    private static List<byte[]> corpus() {
        try (InputStream text = FrameFuzzTest.class.getResourceAsStream("frames.txt")) {
            return new String(Objects.requireNonNull(text).readAllBytes(), StandardCharsets.US_ASCII).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(HexFormat.of()::parseHex)
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void stillAnswers() {
        while (GUEST.receiveNow()) {
            continue;
        }
        byte[] echo = new byte[8];
        echo[0] = 8;
        assertTrue(GUEST.sendIp(FrameWriter.ICMP, Subnet.GATEWAY, echo));
        assertTrue(GUEST.receiveNow());
        assertEquals(0, GUEST.ip().u8(0));
    }

    @Test
    void theCorpusItself() {
        assertTrue(CORPUS.size() > 40);
        for (byte[] frame : CORPUS) {
            GUEST.send(frame);
            stillAnswers();
        }
    }

    @Property(tries = 5000)
    void mutations(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                GUEST.send(mutate(pick(random), random));
            }
            stillAnswers();
        }
    }

    private static byte[] pick(SplittableRandom random) {
        return CORPUS.get(random.nextInt(CORPUS.size())).clone();
    }

    private static byte[] mutate(byte[] frame, SplittableRandom random) {
        byte[] mutated = frame;
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = mutated.length == 0 ? 0 : random.nextInt(mutated.length);
            switch (random.nextInt(5)) {
                case 0 -> mutated = Arrays.copyOf(mutated, at);
                case 1 -> mutated = Arrays.copyOf(mutated, mutated.length + random.nextInt(64));
                case 2 -> {
                    byte[] other = pick(random);
                    int from = Math.min(at, other.length);
                    mutated = Arrays.copyOf(mutated, at + other.length - from);
                    System.arraycopy(other, from, mutated, at, other.length - from);
                }
                default -> {
                    if (mutated.length > 0) {
                        mutated[at] = (byte) (random.nextBoolean()
                                ? EDGES[random.nextInt(EDGES.length)]
                                : mutated[at] ^ 1 << random.nextInt(8));
                    }
                }
            }
        }
        return mutated;
    }
}
