package testudo.plugin.irqchip.aia;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.Trigger;

class AplicTest {
    private static final int DOMAINCFG = 0;
    private static final int SOURCECFG = 0;
    private static final int SETIP = 0x1C00;
    private static final int SETIPNUM = 0x1CDC;
    private static final int IN_CLRIP = 0x1D00;
    private static final int CLRIPNUM = 0x1DDC;
    private static final int SETIE = 0x1E00;
    private static final int SETIENUM = 0x1EDC;
    private static final int CLRIE = 0x1F00;
    private static final int CLRIENUM = 0x1FDC;
    private static final int SETIPNUM_LE = 0x2000;
    private static final int GENMSI = 0x3000;
    private static final int TARGET = 0x3000;
    private static final int DETACHED = 1;
    private static final int EDGE_RISING = 4;
    private static final int EDGE_FALLING = 5;
    private static final int LEVEL_HIGH = 6;
    private static final int LEVEL_LOW = 7;
    private static final int SOURCE = 33;
    private static final int IDENTITY = 90;

    private final FakeMachine machine = new FakeMachine(2, 255);

    /// What an operating system does for a device: the source's messages go to hart 1.
    private void start(int mode) {
        machine.enable(1);
        machine.wires(DOMAINCFG, 1 << 8);
        machine.wires(SOURCECFG + 4 * SOURCE, mode);
        machine.wires(TARGET + 4 * SOURCE, 1 << 18 | IDENTITY);
        machine.wires(SETIENUM, SOURCE);
    }

    private InterruptLine line(Trigger trigger) {
        return machine.controller.line(SOURCE, trigger);
    }

    @Test
    void edgeIsOneMessage() {
        start(EDGE_RISING);
        InterruptLine line = line(Trigger.EDGE);
        line.set(true);
        assertEquals(IDENTITY, machine.take(1));
        line.set(true);
        line.set(false);
        assertEquals(-1, machine.take(1));
        line.pulse();
        assertEquals(IDENTITY, machine.take(1));
    }

    @Test
    void fallingEdgeIsOneMessage() {
        start(EDGE_FALLING);
        InterruptLine line = line(Trigger.EDGE);
        line.set(true);
        assertEquals(-1, machine.take(1));
        line.set(false);
        assertEquals(IDENTITY, machine.take(1));
    }

    @Test
    void levelAsksAgainWhenTheDriverWantsToKnow() {
        start(LEVEL_HIGH);
        InterruptLine line = line(Trigger.LEVEL);
        line.set(true);
        assertEquals(IDENTITY, machine.take(1));
        assertEquals(-1, machine.take(1)); // a message is sent once
        machine.wires(SETIPNUM_LE, SOURCE); // Linux, at the end of its handler
        assertEquals(IDENTITY, machine.take(1));
        line.set(false);
        machine.wires(SETIPNUM_LE, SOURCE);
        assertEquals(-1, machine.take(1));
    }

    @Test
    void sharedLevelIsHighWhileAnyLineIs() {
        start(LEVEL_HIGH);
        InterruptLine first = line(Trigger.LEVEL);
        InterruptLine second = line(Trigger.LEVEL);
        first.set(true);
        second.set(true);
        machine.take(1);
        first.set(false);
        assertEquals(1 << SOURCE - 32, machine.wires(IN_CLRIP + 4));
        machine.wires(SETIPNUM, SOURCE);
        assertEquals(IDENTITY, machine.take(1));
        second.set(false);
        assertEquals(0, machine.wires(IN_CLRIP + 4));
    }

    @Test
    void sharedEdgesAreNotLost() {
        start(EDGE_RISING);
        InterruptLine first = line(Trigger.EDGE);
        first.set(true);
        machine.take(1);
        line(Trigger.EDGE).set(true);
        assertEquals(IDENTITY, machine.take(1));
    }

    @Test
    void activeLowLevelIsInverted() {
        InterruptLine line = line(Trigger.LEVEL);
        line.set(true);
        start(LEVEL_LOW);
        assertEquals(-1, machine.take(1));
        line.set(false);
        assertEquals(IDENTITY, machine.take(1));
    }

    @Test
    void nothingIsLostBeforeItIsEnabled() {
        machine.enable(1);
        machine.wires(SOURCECFG + 4 * SOURCE, EDGE_RISING);
        machine.wires(TARGET + 4 * SOURCE, 1 << 18 | IDENTITY);
        line(Trigger.EDGE).pulse();
        assertEquals(1 << SOURCE - 32, machine.wires(SETIP + 4));
        machine.wires(SETIE + 4, 1 << SOURCE - 32);
        assertEquals(-1, machine.take(1)); // the domain is off
        machine.wires(DOMAINCFG, 1 << 8);
        assertEquals(IDENTITY, machine.take(1));
        assertEquals(0, machine.wires(SETIP + 4));
    }

    @Test
    void levelThatWentAwayIsForgotten() {
        start(LEVEL_HIGH);
        machine.wires(CLRIENUM, SOURCE);
        InterruptLine line = line(Trigger.LEVEL);
        line.set(true);
        line.set(false);
        machine.wires(SETIENUM, SOURCE);
        assertEquals(-1, machine.take(1));
        line.set(true);
        assertEquals(IDENTITY, machine.take(1));
    }

    @Test
    void registersReadAsWritten() {
        assertEquals(0x8000_0004, machine.wires(DOMAINCFG));
        machine.wires(DOMAINCFG, -1);
        assertEquals(0x8000_0104, machine.wires(DOMAINCFG)); // little-endian, by messages
        machine.wires(SOURCECFG + 4 * SOURCE, LEVEL_LOW);
        assertEquals(LEVEL_LOW, machine.wires(SOURCECFG + 4 * SOURCE));
        machine.wires(TARGET + 4 * SOURCE, -1);
        assertEquals(0xFFFC_07FF, machine.wires(TARGET + 4 * SOURCE));
        machine.wires(SETIE + 4, -1);
        assertEquals(1 << SOURCE - 32, machine.wires(SETIE + 4)); // the others are inactive
        machine.wires(CLRIE + 4, 1 << SOURCE - 32);
        assertEquals(0, machine.wires(SETIE + 4));
        for (int mode : new int[]{2, 3, 1 << 10, 1 << 10 | LEVEL_HIGH}) {
            machine.wires(SOURCECFG + 4 * SOURCE, mode);
            assertEquals(0, machine.wires(SOURCECFG + 4 * SOURCE));
        }
        assertEquals(0, machine.wires(TARGET + 4 * SOURCE)); // inactive
        machine.wires(SOURCECFG + 4 * 64, LEVEL_HIGH); // no such source
        assertEquals(0, machine.wires(SOURCECFG + 4 * 64));
        assertEquals(0, machine.wires(0x1BC0));
    }

    @Test
    void softwareRaisesAndClears() {
        start(DETACHED);
        line(Trigger.EDGE).pulse();
        assertEquals(-1, machine.take(1)); // detached from its wire
        machine.wires(SETIPNUM, SOURCE);
        assertEquals(IDENTITY, machine.take(1));
        machine.wires(CLRIENUM, SOURCE);
        machine.wires(SETIP + 4, 1 << SOURCE - 32);
        machine.wires(CLRIPNUM, SOURCE);
        machine.wires(SETIENUM, SOURCE);
        assertEquals(-1, machine.take(1));
        for (int wild : new int[]{0, 64, 1023, -1, Integer.MIN_VALUE}) {
            machine.wires(SETIPNUM, wild);
            machine.wires(SETIENUM, wild);
        }
        assertEquals(-1, machine.take(1));
    }

    @Test
    void messagesAreMadeBySoftware() {
        machine.enable(1);
        machine.wires(GENMSI, 1 << 18 | 77);
        assertEquals(77, machine.take(1));
        machine.wires(GENMSI, 2 << 18 | 77); // no such hart
        machine.wires(GENMSI, -1);
        assertEquals(-1, machine.take(0));
        assertEquals(-1, machine.take(1));
    }

    @Test
    void onlyWordsAreAccesses() {
        machine.wires(SOURCECFG + 4 * SOURCE, LEVEL_HIGH);
        machine.store(machine.aplic + SOURCECFG + 4 * SOURCE, 1, 0);
        machine.store(machine.aplic + SOURCECFG + 4 * SOURCE, 8, 0);
        machine.store(machine.aplic + SOURCECFG + 4 * SOURCE + 2, 4, 0);
        assertEquals(LEVEL_HIGH, machine.wires(SOURCECFG + 4 * SOURCE));
        assertEquals(0, machine.load(machine.aplic + SOURCECFG + 4 * SOURCE, 1));
    }

    @Test
    void resetSilencesEverything() {
        start(LEVEL_HIGH);
        machine.vector(1, 3).raise();
        machine.controller.devices().forEach(placed -> placed.device().reset());
        line(Trigger.LEVEL).set(true);
        assertEquals(0x8000_0004, machine.wires(DOMAINCFG));
        machine.enable(1);
        assertEquals(-1, machine.take(1));
    }

    @Test
    void linesThatAreNotThereAreRefused() {
        assertThrows(VmmException.Config.class, () -> machine.controller.line(0, Trigger.EDGE));
        assertThrows(VmmException.Config.class, () -> machine.controller.line(64, Trigger.EDGE));
        line(Trigger.EDGE);
        assertThrows(VmmException.Config.class, () -> line(Trigger.LEVEL));
    }
}
