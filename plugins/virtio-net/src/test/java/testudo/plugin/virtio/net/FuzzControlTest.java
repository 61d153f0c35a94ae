package testudo.plugin.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;

/// Fuzz target: requests on the control queue, in chains of any shape, some with descriptors that no driver writes. Each request that came in a sound chain
/// is answered with one byte, and what was not agreed on stays off.
class FuzzControlTest {
    private static final int PAIRS = 4;
    private static final int CONTROL = 2 * PAIRS;
    private static final int MOST_REQUESTS = 48;
    private static final int MOST_BYTES = 1024;

    /// One request of each class, sound and broken. Rings; then for each: kind, length, request, cuts, room for the answer.
    static Stream<byte[]> seeds() {
        return Stream.of(
                "00", "00 00 0003 000001 00 01", "01 00 0003 000501 00 01", // receive modes
                "00 00 000e 0100 00000000 01000000 aabbccddeeff 00 01".replace("000e", "0010"), // address tables
                "00 00 0006 0100 ffffffff 00 01", "00 00 000a 0100 00000000 00000000 02 01 01 01",
                "00 00 0004 0400 0200 00 01", "01 00 0004 0400 0500 00 01", "00 01 0004 0400 0400 00 01", // pairs
                "00 00 000a 0500 0200000000000000 00 01", "00 00 000a 0500 ffffffffffffffff 03 01 01 01 02", // offloads
                "00 02 0004 0400 0100 00 00", "00 00 0000 00 01", "00 07 01 00 0000 00 0010 0002 0000",
                "01 07 00 01 ffffffffffffff00 01 ffffffff 0004 0000 07 00 00 0000 00 0010 0001 0001").map(
                        text -> HexFormat.of().parseHex(text.replace(" ", "")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void control(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (FuzzLimit _ = new FuzzLimit(bytes); NetFuzz net = new NetFuzz("user,vq-pairs=4", PAIRS, input)) {
            long at = net.bench.ram().allocate(MOST_BYTES + 64, 16);
            long table = net.bench.ram().allocate(64 * FakeDriver.DESCRIPTOR_BYTES, 16);
            for (int i = 0; i < MOST_REQUESTS && !input.isEmpty() && !net.bench.needsReset(); i++) {
                int kind = input.u8();
                if ((kind & 7) == 7) {
                    net.raw(net.bench.driver(CONTROL), input, at);
                    net.bench.kick(CONTROL);
                } else {
                    request(net, input, kind, at, table);
                }
                assertTrue(net.link.used >= 1 && net.link.used <= PAIRS, net.link.used + " pairs");
                assertEquals(0, net.link.agreed & ~net.features, "offloads that were not agreed on");
            }
            net.bench.run();
        }
    }

    private static void request(NetFuzz net, FuzzInput input, int kind, long at, long table) {
        FakeDriver driver = net.bench.driver(CONTROL);
        byte[] request = input.bytes(Math.min(input.u16(), MOST_BYTES));
        net.put(at, request);
        driver.begin();
        net.empty = false;
        net.readable(driver, input, at, request.length);
        int room = input.u8() & 7;
        for (int i = 0; i < room; i++) {
            net.put(at + MOST_BYTES + i, new byte[]{0x55});
            driver.writable(at + MOST_BYTES + i, 1);
        }
        if (request.length == 0 && room == 0) {
            return;
        }
        int id = net.offer(driver, (kind & 1) != 0, table);
        net.bench.kick(CONTROL);
        if (net.wild || id < 0) {
            return;
        }
        assertFalse(net.bench.needsReset() && !net.empty, "a sound chain is no fault");
        if (!net.bench.needsReset()) {
            assertEquals(id, driver.poll());
            assertEquals(Math.min(room, 1), driver.usedBytes());
            int answer = room == 0 ? 0 : net.get(at + MOST_BYTES, 1)[0];
            assertTrue(answer == 0 || answer == 1, "answer " + answer);
            for (int i = 1; i < room; i++) {
                assertEquals(0x55, net.get(at + MOST_BYTES + i, 1)[0], "behind the answer");
            }
        }
    }
}
