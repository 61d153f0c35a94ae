package testudo.testing.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.spi.VmmException;
import testudo.spi.device.Snapshottable;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.VirtioDriver;

/// What every virtio device does behind a transport: it serves each kind of ring, and its saved state goes on elsewhere.
abstract class TransportContract extends DeviceRequests {
    TransportContract() {}

    private List<Long> ringKinds() {
        try (DeviceBench bench = bench()) {
            VirtioTraits traits = bench.device().traits();
            List<Long> kinds = new ArrayList<>(List.of(0L, VirtioFeature.EVENT_IDX));
            if (traits.packedRing()) {
                kinds.add(VirtioFeature.RING_PACKED | VirtioFeature.EVENT_IDX);
            }
            if ((traits.features() & VirtioFeature.IN_ORDER) != 0) {
                kinds.add(VirtioFeature.IN_ORDER | VirtioFeature.EVENT_IDX);
                kinds.add(VirtioFeature.IN_ORDER | (traits.packedRing() ? VirtioFeature.RING_PACKED : 0));
            }
            return kinds;
        }
    }

    /// Saving is an ability that a device has or not.
    private boolean canBeSaved() {
        try (DeviceBench bench = bench()) {
            return bench.device() instanceof Snapshottable;
        }
    }

    private static long accept(long ringKind) {
        return ~(VirtioFeature.EVENT_IDX | VirtioFeature.RING_PACKED | VirtioFeature.IN_ORDER) | ringKind;
    }

    /// Offers chains in batches and waits for them.
    private void exchange(TransportBench bench, int chains, String what) {
        long request = requestRoom(bench.ram());
        long reply = replyRoom(bench.ram());
        FakeDriver queue = bench.queue(requestQueue());
        for (int i = 0; i < chains;) {
            int batch = 0;
            while (batch < 7 && i + batch < chains && offerRequest(queue, request, reply) >= 0) {
                batch++;
            }
            if (queue.kickDue()) {
                bench.driver().notifyQueue(requestQueue());
            }
            for (int done = 0; done < batch; done++) {
                bench.await(requestQueue());
            }
            i += batch;
        }
        assertEquals(0, bench.driver().status() & VirtioDriver.NEEDS_RESET, what);
    }

    @ParameterizedTest
    @EnumSource
    void servesEveryKindOfRingOverEachTransport(TransportBench.Transport transport) {
        for (long kind : ringKinds()) {
            try (TransportBench bench = new TransportBench(transport, newContext(), this::create)) {
                for (int round = 0; round < 3; round++) { // each begins with a reset
                    bench.start(accept(kind), SMALL_QUEUE);
                    exchange(bench, 3 * SMALL_QUEUE, transport + " features 0x" + Long.toHexString(kind));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFreshDeviceGoesOnWhereASavedOneStopped(TransportBench.Transport transport) {
        if (!canBeSaved()) {
            return;
        }
        for (long kind : ringKinds()) {
            TransportBench bench = new TransportBench(transport, newContext(), this::create);
            try {
                bench.start(accept(kind), SMALL_QUEUE);
                for (int move = 0; move < 4; move++) {
                    exchange(bench, 29, "before move " + move);
                    // In mid-traffic: the device may or may not have taken these when it is stopped.
                    long request = requestRoom(bench.ram());
                    long reply = replyRoom(bench.ram());
                    int offered = 0;
                    while (offered < 20 && offerRequest(bench.queue(requestQueue()), request, reply) >= 0) {
                        offered++;
                    }
                    if (bench.queue(requestQueue()).kickDue() && move % 2 == 0) {
                        bench.driver().notifyQueue(requestQueue());
                    }
                    bench = bench.move(newContext(), this::create);
                    for (int i = 0; i < offered; i++) {
                        bench.await(requestQueue());
                    }
                }
                exchange(bench, 3 * SMALL_QUEUE, "after the last move");
                bench.start(accept(kind), SMALL_QUEUE);
                exchange(bench, SMALL_QUEUE, "after a reset");
            } finally {
                bench.close();
            }
        }
    }

    @Test
    void damagedStateIsRefusedAndTheDeviceWorks() {
        if (!canBeSaved()) {
            return;
        }
        try (TransportBench from = new TransportBench(TransportBench.Transport.MMIO, newContext(), this::create)) {
            from.start(-1, SMALL_QUEUE);
            exchange(from, 5, "before");
            from.host().quiesce();
            byte[] state = from.host().save();
            try (TransportBench to = new TransportBench(TransportBench.Transport.MMIO, newContext(), this::create)) {
                for (int length = 0; length < state.length; length++) {
                    byte[] damaged = Arrays.copyOf(state, length);
                    assertThrows(VmmException.Config.class, () -> to.host().restore(damaged), "length " + length);
                }
                byte[] longer = Arrays.copyOf(state, state.length + 1);
                assertThrows(VmmException.Config.class, () -> to.host().restore(longer));
                SplittableRandom random = new SplittableRandom(11);
                for (int round = 0; round < FUZZ_ROUNDS; round++) {
                    byte[] scribbled = state.clone();
                    scribbled[random.nextInt(state.length)] ^= (byte) (1 << random.nextInt(8));
                    try {
                        to.host().restore(scribbled);
                        to.host().resume(); // its rings may be anywhere: the device stops at worst
                    } catch (VmmException.Config _) {
                        // refused
                    }
                }
                to.start(-1, SMALL_QUEUE);
                exchange(to, 5, "after damaged states");
                assertTrue(to.context().events().isEmpty(), "a damaged state must not stop the machine");
            }
            from.host().resume();
            exchange(from, 5, "resumed");
        }
    }
}
