package testudo.plugin.virtio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.spi.net.NetworkLink;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;

/// Fuzz target: receive and transmit queues with any headers and chains of any shape. What the guest sends in a sound chain reaches the link byte by byte, or
/// not at all; what the link has for the guest arrives as it is, in as many buffers as its header says.
class FuzzQueuesTest {
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int SHORTEST = NetworkLink.HEADER_BYTES + 14;
    private static final int BUFFERS_AT = 10;
    private static final int MOST_STEPS = 64;
    private static final int OUT_BYTES = 1 << 17;
    private static final int SLOT_BYTES = 1 << 14;

    private final ArrayDeque<byte[]> expected = new ArrayDeque<>();
    private final int[] roomBytes = new int[NetFuzz.QUEUE];
    private final long[] slotOf = new long[NetFuzz.QUEUE];
    private final ArrayDeque<Long> slots = new ArrayDeque<>();

    /// Rings; then for each step: kind and what it needs.
    static Stream<byte[]> seeds() {
        return Stream.of(
                "00", "00 00 0100 00", "01 00 0400 03 0c 0e 40", "00 00 ffff 00", "00 00 0019 00", "00 10 0040 02 0c 0a",
                "00 01 0800 02 0200", "00 02 0200 01 0800", "00 01 0100 01 0100 01 0100 02 02f0", "02 01 0100 02 0200 01 0800 02 0100",
                "01 01 0400 01 0400 02 0600 02 0100", "00 02 ffff 01 3fff 01 3fff 01 3fff 01 3fff 01 3fff",
                "00 07 00 00 0000 00 0010 0002 0000", "00 0f 01 01 ffffffffffffff00 01 ffffffff 0004 0000", "00 01 000c 02 0100").map(
                        text -> HexFormat.of().parseHex(text.replace(" ", "")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void queues(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        expected.clear();
        slots.clear();
        try (FuzzLimit _ = new FuzzLimit(bytes); NetFuzz net = new NetFuzz("user", 1, input)) {
            long out = net.bench.ram().allocate(OUT_BYTES, 16);
            long table = net.bench.ram().allocate(64 * FakeDriver.DESCRIPTOR_BYTES, 16);
            for (int i = 0; i < NetFuzz.QUEUE; i++) {
                slots.add(net.bench.ram().allocate(SLOT_BYTES, 16));
            }
            for (int i = 0; i < MOST_STEPS && !input.isEmpty() && !net.bench.needsReset(); i++) {
                int kind = input.u8();
                switch (kind & 7) {
                    case 0 -> transmit(net, input, (kind & 0x10) != 0, out, table);
                    case 1, 3, 4 -> offer(net, input);
                    case 7 -> {
                        int queue = (kind & 8) == 0 ? TRANSMIT : RECEIVE;
                        net.raw(net.bench.driver(queue), input, out);
                        net.bench.kick(queue);
                    }
                    default -> put(net, SHORTEST + input.u16() % (NetworkLink.MAX_FRAME_BYTES - SHORTEST + 1));
                }
                net.bench.run();
                if (!net.wild) {
                    assertFalse(net.bench.needsReset() && !net.empty, "sound chains are no fault");
                    collect(net);
                }
            }
        }
    }

    private static void transmit(NetFuzz net, FuzzInput input, boolean indirect, long out, long table) {
        FakeDriver driver = net.bench.driver(TRANSMIT);
        int lengthBytes = input.u16() + ((input.u8() & 1) == 0 ? 0 : NetworkLink.MAX_FRAME_BYTES - 0xFFFF);
        byte[] frame = Arrays.copyOf(input.bytes(NetworkLink.HEADER_BYTES), Math.max(1, lengthBytes));
        net.put(out, frame);
        net.link.sent.clear();
        net.empty = false;
        driver.begin();
        net.readable(driver, input, out, frame.length);
        int id = net.offer(driver, indirect, table);
        net.bench.kick(TRANSMIT);
        if (net.wild || net.bench.needsReset() || id < 0) {
            return;
        }
        assertEquals(id, driver.poll());
        assertEquals(0, driver.usedBytes());
        boolean fits = frame.length >= SHORTEST && frame.length <= NetworkLink.MAX_FRAME_BYTES;
        assertEquals(fits ? 1 : 0, net.link.sent.size());
        if (fits) {
            assertArrayEquals(frame, net.link.sent.getFirst());
        }
    }

    private void offer(NetFuzz net, FuzzInput input) {
        Long slot = slots.poll();
        if (slot == null) {
            return;
        }
        FakeDriver driver = net.bench.driver(RECEIVE);
        int room = 1 + input.u16() % SLOT_BYTES;
        driver.begin();
        driver.writable(slot, room);
        int id = driver.offer();
        if (id >= 0) {
            roomBytes[id] = room;
            slotOf[id] = slot;
        }
        net.bench.kick(RECEIVE);
    }

    private void put(NetFuzz net, int lengthBytes) {
        byte[] frame = new byte[lengthBytes];
        for (int i = NetworkLink.HEADER_BYTES; i < lengthBytes; i++) {
            frame[i] = (byte) (i * 31 + lengthBytes);
        }
        expected.add(frame.clone());
        net.link.put(frame);
    }

    /// Puts together what came in one buffer or several; frames that found too few buffers were lost, in order.
    private void collect(NetFuzz net) {
        FakeDriver driver = net.bench.driver(RECEIVE);
        int left = 0;
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        for (int id = driver.poll(); id >= 0; id = driver.poll()) {
            int used = (int) driver.usedBytes();
            assertTrue(used <= roomBytes[id], used + " bytes in a buffer of " + roomBytes[id]);
            byte[] part = net.get(slotOf[id], used);
            slots.add(slotOf[id]);
            if (used == 0 && left == 0) {
                continue;
            }
            frame.writeBytes(part);
            if (left == 0) {
                left = Math.max(1, frame.size() < NetworkLink.HEADER_BYTES ? 1 : buffers(frame.toByteArray()));
            }
            left--;
            if (left == 0) {
                arrived(frame.toByteArray());
                frame.reset();
            }
        }
        assertEquals(0, left, "a frame is handed over whole");
    }

    private static int buffers(byte[] frame) {
        return frame[BUFFERS_AT] & 0xFF | (frame[BUFFERS_AT + 1] & 0xFF) << 8;
    }

    private void arrived(byte[] frame) {
        byte[] sent = expected.poll();
        while (sent != null && sent.length != frame.length) {
            sent = expected.poll();
        }
        assertNotNull(sent, "nobody has sent a frame of " + frame.length);
        assertArrayEquals(Arrays.copyOfRange(sent, NetworkLink.HEADER_BYTES, sent.length),
                Arrays.copyOfRange(frame, NetworkLink.HEADER_BYTES, frame.length));
    }
}
