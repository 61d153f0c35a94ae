package testudo.plugin.irqchip.x86;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;

class UserspaceTest {
    private static final long LEVEL = 1 << 15;
    private static final long LOGICAL = 1 << 11;
    private static final long LOWEST = 1 << 8;
    private static final long ICR_ASSERT = 1 << 14;

    private final FakeMachine machine = new FakeMachine(IrqchipMode.USERSPACE, 4);

    private void command(int vcpu, int destination, long low) {
        machine.current = vcpu;
        machine.store(FakeMachine.APIC + 0x310, (long) destination << 24);
        machine.store(FakeMachine.APIC + 0x300, low);
    }

    @Test
    void placesAllChips() {
        assertEquals(
                List.of("pic", "ioapic", "pit", "lapic"), machine.controller.devices().stream().map(PlacedDevice::id).toList());
    }

    @Test
    void injectPicInterrupt() {
        machine.initialisePics();
        machine.woken.clear();
        InterruptLine line = machine.controller.line(4, Trigger.EDGE);
        line.pulse();
        assertEquals(List.of(0), machine.woken.stream().distinct().toList());
        assertEquals(-1, machine.controller.pending(1), "only the boot processor");
        assertEquals(0x34, machine.take(0));
        assertEquals(-1, machine.take(0));
    }

    @Test
    void secondPicNestsUnderTheFirst() {
        machine.initialisePics();
        machine.controller.line(14, Trigger.EDGE).pulse();
        machine.controller.line(8, Trigger.EDGE).pulse();
        assertEquals(0x38, machine.take(0));
        assertEquals(-1, machine.take(0), "14 is of lower priority than 8, which is in service");
        machine.out(0xA0, 0x20);
        machine.out(0x20, 0x20);
        assertEquals(0x3E, machine.take(0));
    }

    @Test
    void higherPriorityInterruptsLower() {
        machine.initialisePics();
        machine.controller.line(4, Trigger.EDGE).pulse();
        assertEquals(0x34, machine.take(0));
        machine.controller.line(1, Trigger.EDGE).pulse();
        machine.controller.line(5, Trigger.EDGE).pulse();
        assertEquals(0x31, machine.take(0));
        machine.out(0x20, 0x20);
        assertEquals(-1, machine.take(0));
        machine.out(0x20, 0x20);
        assertEquals(0x35, machine.take(0));
    }

    @Test
    void maskedPicInputsWait() {
        machine.initialisePics();
        machine.out(0x21, 0x10);
        assertEquals(0x10, machine.in(0x21));
        machine.controller.line(4, Trigger.EDGE).pulse();
        assertEquals(-1, machine.take(0));
        machine.out(0x20, 0x0A);
        assertEquals(0x10, machine.in(0x20), "requests");
        machine.out(0x21, 0);
        assertEquals(0x34, machine.take(0));
        machine.out(0x20, 0x0B);
        assertEquals(0x10, machine.in(0x20), "in service");
    }

    @Test
    void levelInputsOfThePicAskAgain() {
        machine.initialisePics();
        machine.out(0x4D1, 0xFF);
        assertEquals(0xDE, machine.in(0x4D1));
        InterruptLine line = machine.controller.line(11, Trigger.LEVEL);
        line.set(true);
        assertEquals(0x3B, machine.take(0));
        machine.out(0xA0, 0x20);
        machine.out(0x20, 0x20);
        assertEquals(0x3B, machine.take(0));
        line.set(false);
        machine.out(0xA0, 0x20);
        machine.out(0x20, 0x20);
        assertEquals(-1, machine.take(0));
    }

    @Test
    void withdrawnPicVectorIsNotAcknowledged() {
        machine.initialisePics();
        machine.controller.line(4, Trigger.EDGE).pulse();
        assertEquals(0x34, machine.controller.pending(0));
        machine.out(0x21, 0xFF);
        machine.controller.accepted(0, 0x34);
        machine.out(0x20, 0x0B);
        assertEquals(0, machine.in(0x20));
    }

    @Test
    void getAndSetIoApic() {
        machine.store(FakeMachine.IO_APIC, 1);
        assertEquals(0x0017_0020, machine.load(FakeMachine.IO_APIC + 0x10));
        assertEquals(1 << 16, machine.redirection(7));
        machine.redirect(7, 0x0300_0000_0000_F0FFL);
        assertEquals(0x0300_0000_0000_A0FFL, machine.redirection(7), "delivery status and remote IRR are read-only");
        machine.store(FakeMachine.IO_APIC, 0);
        machine.store(FakeMachine.IO_APIC + 0x10, 0x0500_0000);
        assertEquals(0x0500_0000, machine.load(FakeMachine.IO_APIC + 0x10));
        machine.store(FakeMachine.IO_APIC, 0x40);
        machine.store(FakeMachine.IO_APIC + 0x10, -1);
        assertEquals(0, machine.load(FakeMachine.IO_APIC + 0x10));
    }

    @Test
    void ioApicDeliversEdges() {
        machine.enableApic(2);
        machine.redirect(20, 2L << 56 | 0x55);
        machine.woken.clear();
        InterruptLine line = machine.controller.line(20, Trigger.EDGE);
        line.pulse();
        assertEquals(List.of(2), machine.woken);
        assertEquals(0x55, machine.take(2));
        machine.endOfInterrupt(2);
        assertEquals(-1, machine.take(2));
    }

    @Test
    void edgesOfMaskedPinsAreLost() {
        machine.enableApic(0);
        machine.redirect(20, 0x1_0055);
        machine.controller.line(20, Trigger.EDGE).pulse();
        machine.redirect(20, 0x55);
        assertEquals(-1, machine.take(0));
    }

    @Test
    void broadcastEoi() {
        machine.enableApic(1);
        machine.redirect(16, 1L << 56 | LEVEL | 0x61);
        InterruptLine line = machine.controller.line(16, Trigger.LEVEL);
        List<String> acknowledged = new ArrayList<>();
        line.onAcknowledge(() -> acknowledged.add("now"));
        line.set(true);
        assertEquals(0x61, machine.take(1));
        assertTrue((machine.redirection(16) & 1 << 14) != 0);
        assertEquals(-1, machine.take(1));
        machine.endOfInterrupt(1);
        assertEquals(List.of("now"), acknowledged);
        assertEquals(0x61, machine.take(1), "the line is still high");
        line.set(false);
        machine.endOfInterrupt(1);
        assertEquals(-1, machine.take(1));
        assertEquals(0, machine.redirection(16) & 1 << 14);
    }

    @Test
    void acknowledgedDevicesMayLowerTheirLine() {
        machine.enableApic(1);
        machine.redirect(16, 1L << 56 | LEVEL | 0x61);
        InterruptLine line = machine.controller.line(16, Trigger.LEVEL);
        line.onAcknowledge(() -> line.set(false));
        line.set(true);
        assertEquals(0x61, machine.take(1));
        machine.endOfInterrupt(1);
        line.set(true);
        assertTrue(machine.take(1) == 0x61);
    }

    @Test
    void aSharedPinIsHighWhileAnyLineIs() {
        machine.enableApic(0);
        machine.redirect(16, LEVEL | 0x61);
        InterruptLine one = machine.controller.line(16, Trigger.LEVEL);
        InterruptLine other = machine.controller.line(16, Trigger.LEVEL);
        one.set(true);
        other.set(true);
        assertEquals(0x61, machine.take(0));
        one.set(false);
        machine.endOfInterrupt(0);
        assertEquals(0x61, machine.take(0));
        other.set(false);
        machine.endOfInterrupt(0);
        assertEquals(-1, machine.take(0));
    }

    @Test
    void aSecondEdgeOnASharedPinIsSeen() {
        machine.enableApic(0);
        machine.redirect(4, 0x44);
        InterruptLine one = machine.controller.line(4, Trigger.EDGE);
        InterruptLine other = machine.controller.line(4, Trigger.EDGE);
        one.set(true);
        assertEquals(0x44, machine.take(0));
        machine.endOfInterrupt(0);
        other.set(true);
        assertEquals(0x44, machine.take(0));
    }

    @Test
    void routesConflict() {
        machine.controller.line(5, Trigger.LEVEL);
        assertThrows(VmmException.Config.class, () -> machine.controller.line(5, Trigger.EDGE));
        assertThrows(VmmException.Config.class, () -> machine.controller.line(24, Trigger.EDGE));
        assertThrows(VmmException.Config.class, () -> machine.controller.line(-1, Trigger.EDGE));
    }

    @Test
    void injectMsi() {
        machine.enableApic(3);
        MsiVector vector = machine.controller.newMsiVector(0x18);
        vector.raise();
        assertEquals(-1, machine.take(3), "not programmed");
        vector.program(0xFEE0_3000L, 0x41);
        vector.raise();
        assertEquals(0x41, machine.take(3));
        vector.program(0xFED0_3000L, 0x42);
        vector.raise();
        vector.program(0x1_FEE0_3000L, 0x42);
        vector.raise();
        vector.close();
        vector.raise();
        machine.endOfInterrupt(3);
        assertEquals(-1, machine.take(3));
    }

    @Test
    void lowestPriorityDestination() {
        for (int vcpu = 0; vcpu < 4; vcpu++) {
            machine.enableApic(vcpu);
            machine.store(FakeMachine.APIC + 0x80, vcpu == 2 ? 0x20 : 0x50);
        }
        machine.redirect(17, 0x0FL << 56 | LOGICAL | LOWEST | 0x71);
        machine.controller.line(17, Trigger.EDGE).pulse();
        assertEquals(-1, machine.take(0));
        assertEquals(-1, machine.take(1));
        assertEquals(-1, machine.take(3));
        assertEquals(0x71, machine.take(2));
    }

    @Test
    void lowestPriorityTakesTurns() {
        for (int vcpu = 0; vcpu < 4; vcpu++) {
            machine.enableApic(vcpu);
        }
        machine.redirect(17, 0x0FL << 56 | LOGICAL | LOWEST | 0x71);
        for (int i = 0; i < 4; i++) {
            machine.controller.line(17, Trigger.EDGE).pulse();
        }
        for (int vcpu = 0; vcpu < 4; vcpu++) {
            assertEquals(0x71, machine.take(vcpu));
        }
    }

    @Test
    void clusteredLogicalIds() {
        for (int vcpu = 0; vcpu < 4; vcpu++) {
            machine.enableApic(vcpu);
            machine.store(FakeMachine.APIC + 0xE0, 0);
            machine.store(FakeMachine.APIC + 0xD0, (vcpu < 2 ? 0x10L : 0x20L) << 24 | (1L << vcpu % 2) << 24);
        }
        command(0, 0x23, LOGICAL | ICR_ASSERT | 0x51);
        assertEquals(-1, machine.take(0));
        assertEquals(-1, machine.take(1));
        assertEquals(0x51, machine.take(2));
        assertEquals(0x51, machine.take(3));
    }

    @Test
    void shorthands() {
        for (int vcpu = 0; vcpu < 4; vcpu++) {
            machine.enableApic(vcpu);
        }
        command(1, 0, 1 << 18 | ICR_ASSERT | 0x41);
        assertEquals(0x41, machine.take(1));
        assertEquals(-1, machine.take(0));
        machine.endOfInterrupt(1);
        command(1, 0, 3 << 18 | ICR_ASSERT | 0x42);
        assertEquals(-1, machine.take(1));
        assertEquals(0x42, machine.take(0));
        assertEquals(0x42, machine.take(3));
        command(1, 0, 2 << 18 | ICR_ASSERT | 0x43);
        assertEquals(0x43, machine.take(1));
        assertEquals(0x43, machine.take(2));
    }

    @Test
    void initAndStartup() {
        machine.enableApic(0);
        command(0, 2, 0xC500);
        command(0, 2, 0x8500);
        command(0, 2, 0x4699);
        assertEquals(List.of("init 2", "startup 2 0x99"), machine.calls);
    }

    @Test
    void prioritiesNest() {
        machine.enableApic(0);
        command(0, 0, ICR_ASSERT | 0x51);
        assertEquals(0x51, machine.take(0));
        command(0, 0, ICR_ASSERT | 0x5F);
        assertEquals(-1, machine.take(0), "the same class");
        command(0, 0, ICR_ASSERT | 0x61);
        assertEquals(0x61, machine.take(0));
        assertEquals(0x60, machine.load(FakeMachine.APIC + 0xA0));
        machine.endOfInterrupt(0);
        machine.endOfInterrupt(0);
        assertEquals(0x5F, machine.take(0));
        machine.endOfInterrupt(0);
        machine.store(FakeMachine.APIC + 0x80, 0x70);
        command(0, 0, ICR_ASSERT | 0x61);
        machine.woken.clear();
        assertEquals(-1, machine.take(0));
        machine.store(FakeMachine.APIC + 0x80, 0);
        assertEquals(List.of(0), machine.woken);
        assertEquals(0x61, machine.take(0));
    }

    @Test
    void apicMmio() {
        machine.current = 3;
        assertEquals(3L << 24, machine.load(FakeMachine.APIC + 0x20));
        assertEquals(0x5_0014, machine.load(FakeMachine.APIC + 0x30));
        assertEquals(0xFF, machine.load(FakeMachine.APIC + 0xF0));
        assertEquals(0xFFFF_FFFFL, machine.load(FakeMachine.APIC + 0xE0));
        assertEquals(0x10000, machine.load(FakeMachine.APIC + 0x350));
        machine.current = 0;
        assertEquals(0x700, machine.load(FakeMachine.APIC + 0x350), "virtual wire on the boot processor");
        machine.current = -1;
        assertEquals(0xFFFF_FFFFL, machine.load(FakeMachine.APIC + 0x20));
    }

    @Test
    void illegalVectorsAreErrors() {
        machine.enableApic(0);
        machine.store(FakeMachine.APIC + 0x370, 0xE1);
        command(0, 0, ICR_ASSERT | 0x0F);
        assertEquals(0xE1, machine.take(0));
        machine.store(FakeMachine.APIC + 0x280, 0);
        assertEquals(0x20, machine.load(FakeMachine.APIC + 0x280));
        machine.store(FakeMachine.APIC + 0x370, 3);
        command(0, 0, ICR_ASSERT | 0x0F);
        machine.store(FakeMachine.APIC + 0x280, 0);
        assertEquals(0x60, machine.load(FakeMachine.APIC + 0x280), "the error's own vector is bad too");
    }

    @Test
    void aDisabledApicTakesNothing() {
        machine.enableApic(0);
        machine.current = 1;
        command(0, 1, ICR_ASSERT | 0x41);
        assertEquals(-1, machine.take(1));
        machine.current = 0;
        machine.store(FakeMachine.APIC + 0xF0, 0xFF);
        assertEquals(1 << 16, machine.load(FakeMachine.APIC + 0x320) & 1 << 16);
    }

    @Test
    void apicTimerOneShotAndPeriodic() {
        machine.enableApic(1);
        machine.store(FakeMachine.APIC + 0x3E0, 0xB);
        machine.store(FakeMachine.APIC + 0x320, 0xEC);
        machine.store(FakeMachine.APIC + 0x380, 2_000_000);
        machine.host.pass(1);
        assertEquals(1_000_000, machine.load(FakeMachine.APIC + 0x390));
        assertEquals(-1, machine.take(1));
        machine.host.pass(1);
        assertEquals(0xEC, machine.take(1));
        assertEquals(0, machine.load(FakeMachine.APIC + 0x390));
        machine.endOfInterrupt(1);
        machine.host.pass(10);
        assertEquals(-1, machine.take(1));
        machine.store(FakeMachine.APIC + 0x320, 0x2_00EC);
        machine.store(FakeMachine.APIC + 0x3E0, 0);
        machine.store(FakeMachine.APIC + 0x380, 1_000_000);
        int ticks = 0;
        for (int i = 0; i < 10; i++) {
            machine.host.pass(2);
            ticks += machine.take(1) == 0xEC ? 1 : 0;
            machine.endOfInterrupt(1);
        }
        assertEquals(10, ticks, "divided by two");
        machine.store(FakeMachine.APIC + 0x380, 0);
        machine.host.pass(10);
        assertEquals(-1, machine.take(1));
    }

    @Test
    void pitRaisesInterruptZero() {
        machine.enableApic(0);
        machine.redirect(0, 0x30);
        machine.out(0x43, 0x34);
        machine.out(0x40, 11932 & 0xFF);
        machine.out(0x40, 11932 >> 8);
        int ticks = 0;
        for (int i = 0; i < 100; i++) {
            machine.host.pass(1);
            if (machine.take(0) == 0x30) {
                ticks++;
                machine.endOfInterrupt(0);
            }
        }
        assertTrue(ticks == 9 || ticks == 10, "100 Hz, but " + ticks);
        machine.out(0x43, 0x30);
        machine.host.pass(100);
        assertEquals(-1, machine.take(0));
    }

    @Test
    void pitCountsAndLatches() {
        machine.out(0x43, 0x30);
        machine.out(0x40, 0xFF);
        machine.out(0x40, 0xFF);
        machine.host.pass(10);
        machine.out(0x43, 0x00);
        machine.host.pass(10);
        int latched = machine.in(0x40) | machine.in(0x40) << 8;
        assertEquals(0xFFFF - 11931, latched, 2);
        int live = machine.in(0x40) | machine.in(0x40) << 8;
        assertEquals(0xFFFF - 23863, live, 2);
        machine.out(0x43, 0xE2);
        assertEquals(0x30, machine.in(0x40), "output low, count loaded, both bytes, mode 0");
    }

    @Test
    void pitUsesSpeakerPort() {
        machine.out(0x61, 1);
        machine.out(0x43, 0xB0);
        machine.out(0x42, 0xFF);
        machine.out(0x42, 0x0F);
        assertEquals(0x01, machine.in(0x61) & 0x2F);
        machine.host.pass(4);
        assertEquals(0x21, machine.in(0x61) & 0x2F);
        machine.out(0x61, 2);
        assertEquals(2, machine.in(0x61) & 0xF);
    }

    @Test
    void aFastPitDoesNotFloodTheHost() {
        machine.out(0x43, 0x14);
        machine.out(0x40, 1);
        assertTrue(machine.host.timers().stream().allMatch(timer -> timer.periodNanos() == 0 || timer.periodNanos() >= 200_000));
        machine.host.pass(2);
    }

    @Test
    void resetReturnsToPowerOn() {
        machine.enableApic(0);
        machine.redirect(5, 0x55);
        machine.controller.devices().forEach(placed -> placed.device().reset());
        assertEquals(1 << 16, machine.redirection(5));
        machine.current = 0;
        assertEquals(0xFF, machine.load(FakeMachine.APIC + 0xF0));
    }

    @Test
    void closesItsTimersOnce() {
        machine.controller.close();
        machine.controller.close();
        assertFalse(machine.host.timers().stream().anyMatch(timer -> !timer.closed()));
    }
}
