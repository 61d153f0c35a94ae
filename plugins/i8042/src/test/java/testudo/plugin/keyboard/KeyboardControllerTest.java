package testudo.plugin.keyboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.device.MachineServices;

class KeyboardControllerTest {
    private static final int DATA = 0;
    private static final int COMMAND = 1;

    private final List<MachineServices.MachineEvent> events = new ArrayList<>();
    private final KeyboardController ports = new KeyboardController(new MachineServices() {
        @Override
        public void event(MachineEvent event, int detail) {
            events.add(event);
        }

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    });

    @Test
    void pulsingTheResetLineResets() {
        ports.write(COMMAND, 0, 1, 0xFE);
        assertEquals(List.of(MachineServices.MachineEvent.RESET), events);
    }

    @Test
    void clearingItInTheOutputPortResets() {
        ports.write(COMMAND, 0, 1, 0xD1);
        ports.write(DATA, 0, 1, 0xDE);
        assertEquals(List.of(MachineServices.MachineEvent.RESET), events);
    }

    @Test
    void otherCommandsDoNot() {
        for (int command = 0; command < 0xF0; command++) {
            ports.write(COMMAND, 0, 1, command);
            ports.write(DATA, 0, 1, 0xDF);
        }
        ports.write(COMMAND, 0, 1, 0xFF);
        ports.write(COMMAND, 0, 1, 0x60);
        ports.write(DATA, 0, 1, 0);
        assertTrue(events.isEmpty());
    }

    @Test
    void drainingNeverEndsAndSendingNeverWaits() {
        for (int i = 0; i < 100; i++) {
            assertEquals(1, ports.read(COMMAND, 0, 1) & 3);
            assertEquals(0xFF, ports.read(DATA, 0, 1));
        }
    }
}
