package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.spi.net.NetworkLink;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;

/// Fuzz target: frames of the guest, a sequence of them, with any header of the link in front. What a frame costs is bounded, each has one answer at most,
/// and answers are well-formed.
class FuzzFramesTest {
    /// With room for what loading a class allocates while it is instrumented.
    private static final long MOST_ALLOCATED = 64 << 20;
    private static final int MOST_FRAMES = 256;
    private static final int MOST_BYTES = NetworkLink.MAX_FRAME_BYTES - NetworkLink.HEADER_BYTES;

    /// Every frame of the corpus, without offloads and with all, padded to the longest, and the whole corpus in a row.
    static Stream<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(7);
        for (byte[] frame : FrameFuzzTest.CORPUS) {
            seeds.add(seed(0, 0, frame));
            seeds.add(seed(7, 1, frame));
            all.writeBytes(command(0, frame));
        }
        seeds.add(all.toByteArray());
        return seeds.stream();
    }

    private static byte[] seed(int offloads, int kind, byte[] frame) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(offloads);
        bytes.writeBytes(command(kind, frame));
        return bytes.toByteArray();
    }

    private static byte[] command(int kind, byte[] frame) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(kind);
        bytes.write(frame.length >> 8);
        bytes.write(frame.length);
        if (kind == 1) {
            bytes.write(0xFF);
            bytes.write(0xFF);
        }
        bytes.writeBytes(frame);
        return bytes.toByteArray();
    }

    @MethodSource("seeds")
    @FuzzTest
    void frames(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        int offloads = input.u8() & 7;
        try (FuzzLimit _ = new FuzzLimit(bytes); TestGuest guest = NetFuzz.guest(true, offloads)) {
            for (int i = 0; i < MOST_FRAMES && !input.isEmpty(); i++) {
                byte[] frame = frame(input);
                long allocated = AllocatedBytes.once(() -> guest.send(frame));
                assertTrue(allocated <= MOST_ALLOCATED, allocated + " bytes allocated for a frame");
                int answers = NetFuzz.drain(guest, offloads);
                assertTrue(answers <= 1, answers + " answers to one frame");
            }
            NetFuzz.stillAnswers(guest, offloads);
        }
        NetFuzz.nothingThrown();
    }

    /// A kind, a length, for every other kind the length to which zeros are added, and the frame.
    private static byte[] frame(FuzzInput input) {
        int kind = input.u8();
        int lengthBytes = Math.min(input.u16(), MOST_BYTES);
        int paddedBytes = (kind & 1) == 0 ? 0 : Math.min(input.u16(), MOST_BYTES);
        byte[] frame = input.bytes(lengthBytes);
        return frame.length < paddedBytes ? java.util.Arrays.copyOf(frame, paddedBytes) : frame;
    }
}
