package testudo.plugin.pvpanic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.device.MachineServices;

class PvpanicTest {
    private final List<String> events = new ArrayList<>();
    private final Pvpanic device = new Pvpanic(new MachineServices() {
        @Override
        public void event(MachineEvent event, int detail) {
            events.add(event + " " + detail);
        }

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    });

    @Test
    void tellsWhatItUnderstands() {
        assertEquals(3, device.read(0, 0, 1));
        assertEquals(0xFFFF, device.read(0, 2, 2));
    }

    @Test
    void reportsPanics() {
        device.write(0, 0, 1, 1);
        device.write(0, 0, 1, 0xFE);
        assertEquals(List.of("PANIC 1", "PANIC 2"), events);
    }

    @Test
    void ignoresWhatIsNoEvent() {
        device.write(0, 0, 1, 0xFC);
        device.write(0, 1, 1, 1);
        assertTrue(events.isEmpty());
    }
}
