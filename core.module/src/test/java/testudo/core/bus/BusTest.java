package testudo.core.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.testing.driver.AllocatedBytes;

class BusTest {
    private final Bus bus = new Bus("port");
    private final List<String> writes = new ArrayList<>();

    private final class Device implements BusDevice {
        private final String name;
        private final long answer;

        Device(String name, long answer) {
            this.name = name;
            this.answer = answer;
        }

        @Override
        public long read(long offset, int sizeBytes) {
            return answer + offset;
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {
            writes.add("%s+%d/%d=%x".formatted(name, offset, sizeBytes, value));
        }
    }

    @Test
    void reachesTheDeviceWithItsOffset() {
        bus.add(0x3F8, 8, "uart", new Device("uart", 0x10));
        bus.write(0x3FD, 1, 0x7F);

        assertEquals(0x15, bus.read(0x3FD, 1));
        assertEquals(List.of("uart+5/1=7f"), writes);
    }

    @ParameterizedTest
    @CsvSource({"0x3F7,1,0xFF", "0x400,2,0xFFFF", "-1,4,0xFFFFFFFF", "9223372036854775807,1,0xFF"})
    void readsAllOnesWhereNobodyAnswers(String address, int sizeBytes, String expected) {
        bus.add(0x3F8, 8, "uart", new Device("uart", 0));
        long at = Long.decode(address);
        bus.write(at, sizeBytes, 0);

        assertEquals(Long.decode(expected), bus.read(at, sizeBytes));
        assertEquals(List.of(), writes);
    }

    @Test
    void cutsTheAnswerToTheAccess() {
        bus.add(0, 8, "wide", new Device("wide", -1));

        assertEquals(0xFFFF, bus.read(0, 2));
        assertEquals(-1, bus.read(0, 8));
    }

    @Test
    void accessesAcrossTwoDevicesReachEachWithItsBytes() {
        bus.add(0x60, 1, "keyboard", new Device("keyboard", 0x11));
        bus.add(0x61, 1, "speaker", new Device("speaker", 0x22));
        bus.write(0x60, 2, 0xBBAA);

        assertEquals(0x2211, bus.read(0x60, 2));
        assertEquals(List.of("keyboard+0/1=aa", "speaker+0/1=bb"), writes);
    }

    @Test
    void accessesThatStartInAHoleReachTheDeviceBehindIt() {
        bus.add(0x61, 1, "speaker", new Device("speaker", 0x22));

        assertEquals(0xFF22FF, bus.read(0x60, 4) & 0xFFFFFF);
    }

    @ParameterizedTest
    @CsvSource({"10,1", "5,6", "19,1", "19,5", "0,100", "10,10", "12,2"})
    void refusesOverlapsAndNamesBoth(long start, long sizeBytes) {
        bus.add(10, 10, "first", new Device("first", 0));

        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class, () -> bus.add(start, sizeBytes, "second", new Device("second", 0)));

        assertTrue(refusal.getMessage().contains("first") && refusal.getMessage().contains("second"));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "0,-1", "-1,1", "9223372036854775807,2"})
    void refusesRangesThatAreNone(long start, long sizeBytes) {
        assertThrows(IllegalArgumentException.class, () -> bus.add(start, sizeBytes, "odd", new Device("odd", 0)));
    }

    @Test
    void agreesWithANaiveModel() {
        SplittableRandom random = new SplittableRandom(11);
        Long[] model = new Long[256];
        for (int round = 0; round < 5000; round++) {
            int start = random.nextInt(240);
            int size = 1 + random.nextInt(16);
            boolean free = true;
            for (int i = start; i < start + size; i++) {
                free &= model[i] == null;
            }
            if (free) {
                bus.add(start, size, "r" + start, new Device("r", 100));
                for (int i = start; i < start + size; i++) {
                    model[i] = 100L + i - start;
                }
            } else if (bus.remove(start)) {
                int i = start;
                do {
                    model[i++] = null;
                } while (i < 256 && model[i] != null && model[i] != 100L);
            }
            int probe = random.nextInt(256);
            assertEquals(model[probe] == null ? 0xFF : model[probe], bus.read(probe, 1));
        }
        assertFalse(bus.remove(300));
    }

    @Test
    void lookUpsDoNotAllocate() {
        for (int i = 0; i < 20; i++) {
            bus.add(16L * i, 8, "d" + i, new BusDevice() {
                @Override
                public long read(long offset, int sizeBytes) {
                    return offset;
                }

                @Override
                public void write(long offset, int sizeBytes, long value) {}
            });
        }

        assertEquals(0, AllocatedBytes.of(() -> {
            for (int i = 0; i < 200_000; i++) {
                bus.write(i % 400, 4, bus.read(i % 400, 4));
            }
        }));
    }
}
