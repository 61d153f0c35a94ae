package testudo.plugin.virtio.balloon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import testudo.spi.command.Json;
import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;

/// Page runs, statistics and commands.
class BalloonPartsTest {
    private final List<String> discarded = new ArrayList<>();
    private final DeviceMemory memory = new DeviceMemory() {
        @Override
        public Cursor cursor() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void markDirty(long address, long lengthBytes) {}

        @Override
        public long discard(long address, long lengthBytes) {
            discarded.add(Long.toHexString(address) + "+" + Long.toHexString(lengthBytes));
            return lengthBytes;
        }
    };

    private static BufferList list(byte[] bytes, int cut) {
        BufferList list = new BufferList(2);
        list.add(MemorySegment.ofArray(bytes), 0, cut, 0);
        list.add(MemorySegment.ofArray(bytes), cut, bytes.length - cut, 0);
        return list;
    }

    private static byte[] pages(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : numbers) {
            bytes.putInt(number);
        }
        return bytes.array();
    }

    @Test
    void neighboursGoTogetherInEitherDirection() {
        new PageRuns(4096).discard(list(pages(5, 6, 7, 20, 19, 18, 3), 6), memory);
        assertEquals(List.of("5000+3000", "12000+3000", "3000+1000"), discarded);
    }

    @Test
    void pageNumbersAreUnsigned() {
        new PageRuns(4096).discard(list(pages(-1), 1), memory);
        assertEquals(List.of("ffffffff000+1000"), discarded);
    }

    @Test
    void halfHostPagesStay() {
        PageRuns runs = new PageRuns(65536);
        runs.discard(list(pages(1, 2, 3), 2), memory);
        runs.discardRange(0x8000, 0x20000, memory);
        assertEquals(List.of("10000+10000"), discarded);
    }

    @Test
    void moreThanTheMostPagesAreNotLookedAt() {
        int[] numbers = new int[PageRuns.MAX_PAGES + 10];
        java.util.Arrays.setAll(numbers, index -> index);
        new PageRuns(4096).discard(list(pages(numbers), 0), memory);
        assertEquals(List.of("0+" + Long.toHexString((long) PageRuns.MAX_PAGES << 12)), discarded);
    }

    @Test
    void rangesThatWrapAreIgnored() {
        new PageRuns(4096).discardRange(-4096, 8192, memory);
        new PageRuns(4096).discardRange(Long.MAX_VALUE - 4095, 8192, memory);
        assertEquals(List.of(), discarded);
    }

    @Test
    void statisticsAreShownWithUnknownOnesLeftOut() {
        ByteBuffer report = ByteBuffer.allocate(33).order(ByteOrder.LITTLE_ENDIAN);
        report.putShort((short) 4).putLong(1000).putShort((short) 77).putLong(1).putShort((short) 0xFFFF).putLong(-1);
        BalloonStats stats = new BalloonStats();
        stats.read(list(report.array(), 11));
        Map<?, ?> response = (Map<?, ?>) stats.response(4096);
        Map<?, ?> body = (Map<?, ?>) response.get("BalloonStats");
        Map<?, ?> values = (Map<?, ?>) body.get("stats");
        assertEquals(1000L, values.get("free_memory"));
        assertEquals(-1L, values.get("unevictable_memory"));
        assertEquals(Json.NULL, values.get("swap_in"));
        assertEquals(4096L, body.get("balloon_actual"));
        assertEquals(12, values.size());
        assertEquals("""
                {
                  "BalloonStats": {
                    "balloon_actual": 18446744073709551615
                  }
                }
                """, BalloonStats.print(Map.of("BalloonStats", Map.of("balloon_actual", -1L))));
    }

    @Test
    void commandsOfOtherShapesAreUnknown() {
        Object request = ((Map<?, ?>) BalloonCommand.adjustRequest(4096, true)).get(BalloonCommand.TAG);
        assertEquals(new BalloonCommand.Adjust(4096, true), BalloonCommand.parse(request));
        assertInstanceOf(BalloonCommand.Stats.class, BalloonCommand.parse("Stats"));
        for (Object body : List.of("Other", Map.of(), Map.of("Adjust", 1L), Map.of("Adjust", Map.of("num_bytes", -1L)), Json.NULL)) {
            assertInstanceOf(BalloonCommand.Unknown.class, BalloonCommand.parse(body));
        }
    }
}
