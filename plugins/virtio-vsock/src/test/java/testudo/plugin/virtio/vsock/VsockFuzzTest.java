package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// A guest and programs of the host that do anything at all: nothing is thrown, no socket is forgotten, no credit is passed.
class VsockFuzzTest {
    private static final int PACKETS = 20_000;
    private static final int PORTS = 4;
    private static final int[] ODD = {0, 1, -1, 1 << 16, 1 << 31, Integer.MAX_VALUE};

    private final long seed = Long.getLong("testudo.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FakeSockets sockets = new FakeSockets();
    private final TestContext context = new TestContext();

    @Test
    void anyPacketsAndAnyPeers() {
        try (DeviceBench bench = new DeviceBench(context, any -> new VsockDevice(
                new VsockIdentity(Guest.CID, 3, List.of(256, 256, 256)), Path.of("s"), sockets, any.host().events(), any.loop())).start()) {
            Guest guest = new Guest(bench, 4096, bench::run);
            for (int i = 0; i < PACKETS; i++) {
                if (random.nextInt(3) == 0) {
                    disturbHost();
                }
                sockets.open.removeIf(socket -> socket.closed);
                sendAnything(guest);
                if (random.nextInt(5) == 0) {
                    drain(guest);
                }
                if (random.nextInt(200) == 0) {
                    context.host().advance(random.nextLong(2 * Bridge.HALF_OPEN_NANOS));
                }
            }
            assertFalse(bench.needsReset(), "seed " + seed);
            assertTrue(context.events().isEmpty(), "seed " + seed);
            bench.reset();
            assertTrue(sockets.open.stream().allMatch(socket -> socket.closed), "seed " + seed);
        } catch (RuntimeException | AssertionError failure) {
            throw new AssertionError("seed " + seed, failure);
        }
    }

    private void sendAnything(Guest guest) {
        byte[] data = new byte[random.nextInt(4) == 0 ? random.nextInt(70_000) : random.nextInt(100)];
        int operation = random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(9);
        boolean carries = operation == Packet.DATA || random.nextInt(10) == 0;
        int length = random.nextInt(30) == 0 ? odd() : carries ? data.length : 0;
        guest.sendRaw(random.nextInt(50) == 0 ? random.nextLong() : Guest.CID, random.nextInt(PORTS), random.nextInt(PORTS),
                random.nextInt(20) == 0 ? odd() : random.nextInt(2) + 1, operation, random.nextInt(4), length,
                random.nextInt(10) == 0 ? odd() : 1 << 16, random.nextInt(5) == 0 ? random.nextInt(200_000) : 0, carries
                        ? data
                        : new byte[0]);
    }

    private int odd() {
        return random.nextBoolean() ? ODD[random.nextInt(ODD.length)] : random.nextInt();
    }

    private void disturbHost() {
        sockets.refuses = random.nextInt(10) == 0;
        sockets.full = random.nextInt(5) == 0;
        if (random.nextInt(20) == 0) {
            boolean messages = random.nextBoolean();
            sockets.client(messages ? "s.seqpacket" : "s", messages).say(
                    random.nextInt(4) == 0 ? "nonsense\n" : "CONNECT " + random.nextInt(PORTS) + "\n");
        }
        if (!sockets.open.isEmpty()) {
            FakeSockets.Socket any = sockets.open.get(random.nextInt(sockets.open.size()));
            switch (random.nextInt(8)) {
                case 0 -> any.hungUp = true;
                case 1 -> any.ended = true;
                case 2 -> any.room = 0;
                case 3 -> any.room = random.nextInt(100_000);
                default -> any.input.add(new byte[1 + random.nextInt(10_000)]);
            }
        }
    }

    private static void drain(Guest guest) {
        for (Guest.Received packet = guest.poll(); packet != null; packet = guest.poll()) {
            assertTrue(packet.data().length <= Rooms.BYTES);
        }
    }
}
