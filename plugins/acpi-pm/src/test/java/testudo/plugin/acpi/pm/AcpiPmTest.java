package testudo.plugin.acpi.pm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import testudo.spi.device.MachineServices;

class AcpiPmTest {
    private static final class Machine implements MachineServices {
        final List<MachineEvent> events = new ArrayList<>();

        @Override
        public void event(MachineEvent event, int detail) {
            events.add(event);
        }

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    }

    private final Machine machine = new Machine();
    private final List<Boolean> levels = new ArrayList<>();
    private final AcpiPm pm = new AcpiPm(levels::add, machine);

    private Object execute(String tag, Object body) {
        return pm.execute(tag, body).toCompletableFuture().join();
    }

    @Test
    void acpiModeIsOn() {
        assertEquals(1, pm.read(0, 4, 2));
        pm.write(0, 4, 2, 0);
        assertEquals(1, pm.read(0, 4, 2));
    }

    @Test
    void powerButtonRaisesTheSciUntilAcknowledged() {
        pm.write(0, 2, 2, 0x100);
        assertEquals("Ok", execute("Powerbtn", "Powerbtn"));
        assertEquals(0x100, pm.read(0, 0, 2));
        assertEquals(List.of(true), levels);
        pm.write(0, 0, 2, 0x100);
        assertEquals(0, pm.read(0, 0, 2));
        assertEquals(List.of(true, false), levels);
    }

    @Test
    void aButtonThatIsNotEnabledWaits() {
        execute("Sleepbtn", "Sleepbtn");
        assertTrue(levels.isEmpty());
        pm.write(0, 3, 1, 2);
        assertEquals(List.of(true), levels);
    }

    @Test
    void generalPurposeEvents() {
        pm.write(0, 40 + 31, 1, 0x80);
        assertEquals("Ok", execute("Gpe", Map.of("gpe", 255L)));
        assertEquals(0x80, pm.read(0, 8 + 31, 1));
        assertEquals(List.of(true), levels);
        pm.write(0, 8 + 28, 4, 0x8000_0000L);
        assertEquals(List.of(true, false), levels);
    }

    @Test
    void refusesEventsThatAreNone() {
        assertEquals(Map.of("Err", 22L), execute("Gpe", Map.of("gpe", 256L)));
        assertEquals(Map.of("Err", 22L), execute("Gpe", Map.of("gpe", -1L)));
        assertEquals(Map.of("Err", 22L), execute("Gpe", Map.of("gpe", "x")));
        assertEquals(Map.of("Err", 22L), execute("Gpe", "Gpe"));
        assertFalse(pm.accepts("Exit", "Exit"));
    }

    @Test
    void sleepTypeZeroEndsTheMachine() {
        pm.write(0, 4, 2, 0x0001);
        assertTrue(machine.events.isEmpty());
        pm.write(0, 4, 2, 0x2001);
        assertEquals(List.of(MachineServices.MachineEvent.EXIT), machine.events);
        assertEquals(1, pm.read(0, 4, 2), "the sleep enable bit reads as zero");
    }

    @Test
    void sleepTypeOneSuspendsAndWakes() {
        pm.write(0, 4, 2, 0x0401);
        pm.write(0, 4, 2, 0x2401);
        assertEquals(List.of(MachineServices.MachineEvent.SUSPEND), machine.events);
        assertEquals(0x8000, pm.read(0, 0, 2));
        pm.write(0, 0, 2, 0x8000);
        assertEquals(0, pm.read(0, 0, 2));
    }

    @Test
    void unknownSleepTypesDoNothing() {
        pm.write(0, 4, 2, 0x2000 | 5 << 10);
        assertTrue(machine.events.isEmpty());
    }

    @Test
    void resetLowersTheSci() {
        pm.write(0, 2, 2, 0x100);
        execute("Powerbtn", "Powerbtn");
        pm.reset();
        assertEquals(List.of(true, false), levels);
        assertEquals(0, pm.read(0, 0, 4));
    }
}
