package testudo.plugin.acpi.pm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import testudo.spi.device.MachineServices;

class AcpiPmPropertyTest {
    private static final class Machine implements MachineServices {
        @Override
        public void event(MachineEvent event, int detail) {}

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    }

    @Property
    void anyAccessIsAnswered(@ForAll long value, @ForAll int where) {
        AcpiPm any = new AcpiPm(high -> {}, new Machine());
        int offset = Math.floorMod(where, AcpiPm.SIZE);
        for (int size = 1; size <= 8; size *= 2) {
            any.write(0, offset, size, value);
            any.read(0, offset, size);
        }
        assertEquals(-1L, any.read(0, AcpiPm.SIZE - 1, 8) | 0xFF);
    }
}
