package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is put into a backlog comes out at the socket in order and whole, however slow the socket is. Compared with a list.
class BacklogPropertyTest {
    private static final int ROUNDS = 5000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everythingArrivesInOrder(boolean messages) {
        long seed = Long.getLong("testudo.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        FakeSockets.Socket socket = new FakeSockets.Socket(messages);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scratch = arena.allocate(Rooms.BYTES);
            Backlog backlog = new Backlog(new Rooms(arena), messages);
            List<Integer> sizes = new ArrayList<>();
            ByteArrayOutputStream put = new ByteArrayOutputStream();
            int message = 0;
            long taken = 0;
            for (int round = 0; round < ROUNDS; round++) {
                socket.room = random.nextInt(3) == 0 ? 0 : random.nextInt(20_000);
                int most = Math.min(random.nextBoolean() ? 100 : 30_000, Rooms.BYTES - backlog.sizeBytes());
                int length = random.nextInt(most + 1);
                byte[] data = new byte[length];
                random.nextBytes(data);
                put.writeBytes(data);
                message += length;
                boolean ends = random.nextInt(3) == 0 || backlog.sizeBytes() + length == Rooms.BYTES;
                if (ends && message > 0) {
                    sizes.add(message);
                }
                message = ends ? 0 : message;
                MemorySegment.copy(data, 0, scratch, ValueLayout.JAVA_BYTE, 0, length);
                taken += backlog.put(socket, scratch, length, ends);
                socket.room = random.nextInt(2) * 70_000L;
                taken += backlog.flush(socket, scratch);
            }
            socket.room = Long.MAX_VALUE;
            taken += backlog.put(socket, scratch, 0, true) + backlog.flush(socket, scratch);
            if (message > 0) {
                sizes.add(message);
            }

            assertEquals(0, backlog.sizeBytes(), "seed " + seed);
            assertEquals(put.size(), taken, "seed " + seed);
            assertTrue(java.util.Arrays.equals(put.toByteArray(), socket.bytes()), "seed " + seed);
            if (messages) {
                assertEquals(sizes, socket.output.stream().map(each -> each.length).toList(), "seed " + seed);
            }
        }
    }
}
