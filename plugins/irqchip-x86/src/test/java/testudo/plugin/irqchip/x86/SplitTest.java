package testudo.plugin.irqchip.x86;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;

class SplitTest {
    private final FakeMachine machine = new FakeMachine(IrqchipMode.SPLIT, 2);

    @Test
    void servesWhatItSays() {
        PcInterruptControllerProvider provider = new PcInterruptControllerProvider();
        assertTrue(provider.serves("x86_64", IrqchipMode.SPLIT));
        assertFalse(provider.serves("x86_64", IrqchipMode.KERNEL));
        assertFalse(provider.serves("aarch64", IrqchipMode.USERSPACE));
        assertEquals(List.of("pic", "ioapic", "pit"), machine.controller.devices().stream().map(PlacedDevice::id).toList());
    }

    @Test
    void routesPinsBeforeTheyAreUsed() {
        machine.redirect(9, 1L << 56 | 1 << 15 | 0x49);
        assertEquals("route 9 0xfee01000 0xc049", machine.calls.getLast());
        machine.calls.clear();
        InterruptLine line = machine.controller.line(9, Trigger.LEVEL);
        line.set(true);
        assertEquals(List.of("inject 0xfee01000 0xc049"), machine.calls);
    }

    @Test
    void endOfInterruptComesFromTheHypervisor() {
        machine.redirect(9, 1 << 15 | 0x49);
        InterruptLine line = machine.controller.line(9, Trigger.LEVEL);
        line.set(true);
        machine.calls.clear();
        machine.controller.endOfInterrupt(0x48);
        assertTrue(machine.calls.isEmpty());
        machine.controller.endOfInterrupt(0x49);
        assertEquals(List.of("inject 0xfee00000 0xc049"), machine.calls);
        line.set(false);
        machine.calls.clear();
        machine.controller.endOfInterrupt(0x49);
        assertTrue(machine.calls.isEmpty());
    }

    @Test
    void logicalLowestPriorityMessage() {
        machine.redirect(1, 0x03L << 56 | 1 << 11 | 1 << 8 | 0x31);
        machine.calls.clear();
        machine.controller.line(1, Trigger.EDGE).pulse();
        assertEquals(List.of("inject 0xfee0300c 0x4131"), machine.calls);
    }

    @Test
    void picVectorsGoToTheBootProcessor() {
        machine.initialisePics();
        machine.controller.line(4, Trigger.EDGE).pulse();
        assertEquals(-1, machine.take(1));
        assertEquals(0x34, machine.take(0));
        assertTrue(machine.woken.contains(0));
    }

    @Test
    void vectorsAreTheHypervisors() {
        machine.controller.newMsiVector(24);
        assertEquals("vector 24", machine.calls.getLast());
    }
}
