package testudo.spi.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;

class StateTest {
    private static final byte[] STATE = new StateWriter(2).putInt(7).putLong(-3).putBytes(new byte[]{1, 2}).toBytes();

    private static void readAll(byte[] state) {
        StateReader reader = new StateReader("rng0", state, 2);
        assertEquals(2, reader.version());
        assertEquals(7, reader.getInt("seven", 7));
        assertEquals(-3, reader.getLong());
        assertArrayEquals(new byte[]{1, 2}, reader.getBytes());
        reader.end();
    }

    @Test
    void readsWhatWasWritten() {
        readAll(STATE);
    }

    @Test
    void everyShorterOrLongerStateIsRefused() {
        for (int length = 0; length <= STATE.length + 4; length++) {
            if (length != STATE.length) {
                byte[] damaged = Arrays.copyOf(STATE, length);
                assertThrows(VmmException.Config.class, () -> readAll(damaged), "length " + length);
            }
        }
    }

    @Test
    void unknownVersionsAndValuesOutOfRangeAreRefused() {
        assertThrows(VmmException.Config.class, () -> new StateReader("rng0", STATE, 1));
        assertThrows(VmmException.Config.class, () -> new StateReader("rng0", new byte[4], 1));
        StateReader reader = new StateReader("rng0", STATE, 2);
        assertThrows(VmmException.Config.class, () -> reader.getInt("six", 6));
    }
}
