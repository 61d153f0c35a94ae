package testudo.plugin.irqchip.aia;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;

class AiaPropertyTest {
    @Property(tries = 300)
    void anyGuestIsSurvived(@ForAll @Size(max = 300) List<Long> accesses) {
        FakeMachine machine = new FakeMachine(3, 127);
        InterruptLine line = machine.controller.line(16, Trigger.LEVEL);
        MsiVector vector = machine.controller.newMsiVector(8);
        for (long access : accesses) {
            int vcpu = (int) Math.floorMod(access, 3L);
            int sizeBytes = 1 << (access >>> 60 & 3);
            long value = (access * 0x9E37_79B9_7F4A_7C15L) & (-1L >>> 64 - 8 * sizeBytes);
            long gpa = FakeMachine.IMSIC + Math.floorMod(access >>> 8, 0x7000L);
            machine.store((access & 64) == 0 ? gpa : gpa & ~3, (access & 128) == 0 ? sizeBytes : 4, value);
            machine.load(gpa & ~3, 4);
            machine.controller.writeRegister(vcpu, (int) (access >>> 16 & 0x1FF), value);
            machine.controller.readRegister(vcpu, (int) (access >>> 24 & 0x1FF));
            vector.program(gpa, (int) value);
            vector.raise();
            line.set((access & 32) != 0);
            int taken = machine.take(vcpu);
            assertTrue(taken == -1 || taken >= 1 && taken <= 127, () -> "identity %d".formatted(taken));
        }
    }

    /// Against a set: what is pending, enabled and below the threshold comes in order.
    @Property(tries = 300)
    void fileIsASet(
            @ForAll @Size(max = 40) List<@IntRange(min = -5, max = 300) Integer> messages,
            @ForAll long enabledLow, @ForAll long enabledHigh, @ForAll @IntRange(max = 255) int threshold) {
        FakeMachine machine = new FakeMachine(1, 191);
        long[] enabled = {enabledLow & ~1L, -1, enabledHigh};
        for (int word = 0; word < 3; word++) {
            machine.controller.writeRegister(0, FakeMachine.EIE + 2 * word, enabled[word]);
        }
        machine.controller.writeRegister(0, FakeMachine.EITHRESHOLD, threshold);
        TreeSet<Integer> expected = new TreeSet<>();
        for (int identity : messages) {
            machine.store(FakeMachine.IMSIC, 4, Integer.toUnsignedLong(identity));
            boolean exists = identity >= 1 && identity <= 191;
            if (exists && (enabled[identity / 64] >>> identity & 1) != 0 && (threshold == 0 || identity < threshold)) {
                expected.add(identity);
            }
        }
        machine.controller.writeRegister(0, FakeMachine.EIDELIVERY, 1);
        for (int identity : expected) {
            assertEquals(identity, machine.take(0));
        }
        assertEquals(-1, machine.take(0));
    }
}
