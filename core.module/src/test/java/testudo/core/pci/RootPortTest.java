package testudo.core.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.MsiVector;

/// The slot of a root port, as a hot-plug driver operates it (PCI Express 4.0, 6.7 "PCI Express Hot-Plug Support").
class RootPortTest {
    private static final int CAPABILITIES = 0x14;
    private static final int CONTROL = 0x18;
    private static final int STATUS = 0x1A;
    private static final int LINK_STATUS = 0x12;
    private static final int BUTTON = 0x001;
    private static final int PRESENCE = 0x008;
    private static final int COMMAND = 0x010;
    private static final int PRESENT = 0x040;
    private static final int LINK = 0x100;
    private static final int LINK_ACTIVE = 0x2000;
    private static final int POWER_ON = 0x0100;
    private static final int POWER_BLINKS = 0x0200;
    private static final int POWER_OFF = 0x0300;
    /// Button, presence and link events.
    private static final int EVENTS = 0x1029;

    private final List<Long> messages = new ArrayList<>();
    private final RootPort port = new RootPort(3, 5, new Vector());
    private int releases;
    private boolean high;
    private int express;

    private final class Vector implements MsiVector {
        private long address;

        @Override
        public void program(long newAddress, int data) {
            address = newAddress + data;
        }

        @Override
        public void raise() {
            messages.add(address);
        }

        @Override
        public Optional<HostEvent> event() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    @BeforeEach
    void find() {
        express = capability(0x10);
        port.onRelease(() -> releases++);
        port.wirePin(1, level -> high = level, 9);
    }

    private int capability(int id) {
        int at = port.readConfig(0x34, 1);
        while (port.readConfig(at, 1) != id) {
            at = port.readConfig(at + 1, 1);
        }
        return at;
    }

    private int read(int register) {
        return port.readConfig(express + register, 2);
    }

    private void control(int value) {
        port.writeConfig(express + CONTROL, 2, value);
    }

    private int takeStatus() {
        int status = read(STATUS);
        port.writeConfig(express + STATUS, 2, status);
        return status;
    }

    private void useMessages() {
        int at = capability(0x05);
        port.writeConfig(at + 4, 4, 0xFEE0_0000);
        port.writeConfig(at + 12, 2, 0x41);
        port.writeConfig(at + 2, 2, 1);
    }

    @Test
    void slotSaysWhatItHas() {
        assertEquals(0x0142, port.readConfig(express + 2, 2), "a root port, with a slot");
        assertEquals(3, port.readConfig(express + CAPABILITIES, 4) >>> 19, "slot number");
        assertEquals(0x79, port.readConfig(express + CAPABILITIES, 4) & 0x7F,
                "button, indicators, surprise, hot-plug; no power controller");
        assertEquals(0x03C0, read(CONTROL), "indicators are off");
        assertEquals(0, read(STATUS), "empty");
        assertEquals(0, read(LINK_STATUS) & LINK_ACTIVE);
        assertEquals(1 << 20, port.readConfig(express + 0x0C, 4) & 1 << 20, "the link reports whether it is up");
    }

    @Test
    void pluggingInTellsOfPresenceAndLink() {
        useMessages();
        control(EVENTS | POWER_OFF);
        assertEquals(COMMAND, takeStatus());
        port.plug();
        assertEquals(List.of(0xFFFF_FFFFL & (0xFEE0_0000L + 0x41)), messages);
        assertEquals(PRESENT | PRESENCE | LINK, takeStatus());
        assertEquals(PRESENT, read(STATUS), "the events are cleared, the state is not");
        assertEquals(LINK_ACTIVE, read(LINK_STATUS) & LINK_ACTIVE);
        assertFalse(high, "messages leave the pin alone");
    }

    @Test
    void theButtonAsksAndTheGuestReleasesTheDevice() {
        useMessages();
        control(EVENTS | POWER_ON);
        port.plug();
        takeStatus();
        messages.clear();
        port.pressButton();
        assertEquals(1, messages.size());
        assertEquals(BUTTON, takeStatus() & BUTTON);
        control(EVENTS | POWER_BLINKS);
        assertEquals(0, releases, "the guest still thinks about it");
        control(EVENTS | POWER_OFF);
        assertEquals(1, releases);
        control(EVENTS | POWER_OFF);
        assertEquals(1, releases, "off already");
        port.unplug();
        assertEquals(PRESENCE | LINK | COMMAND, takeStatus());
        assertEquals(0, read(LINK_STATUS) & LINK_ACTIVE);
    }

    @Test
    void anEmptySlotReleasesNothing() {
        control(POWER_ON);
        control(POWER_OFF);
        assertEquals(0, releases);
    }

    @Test
    void everyCommandIsCompleted() {
        useMessages();
        control(0x10 | 0x20); // notify of completed commands: completes at once
        assertEquals(1, messages.size());
        assertEquals(COMMAND, takeStatus());
        port.writeConfig(express + CONTROL, 4, 0x30 | COMMAND << 16); // clears and commands in one write
        assertEquals(2, messages.size());
        assertEquals(COMMAND, read(STATUS));
    }

    @Test
    void oneMessageForEventsThatNobodyTook() {
        useMessages();
        control(EVENTS);
        port.pressButton();
        port.pressButton();
        port.plug();
        assertEquals(1, messages.size(), "the reason did not go away in between");
        takeStatus();
        port.unplug();
        assertEquals(2, messages.size());
    }

    @Test
    void eventsWaitUntilTheyAreEnabled() {
        useMessages();
        port.plug();
        assertTrue(messages.isEmpty());
        control(EVENTS & ~0x20);
        assertTrue(messages.isEmpty(), "hot-plug interrupts are off as a whole");
        control(EVENTS);
        assertEquals(1, messages.size());
    }

    @Test
    void withoutMessagesThePinIsHighWhileThereIsAReason() {
        control(EVENTS);
        assertFalse(high);
        port.plug();
        assertTrue(high);
        port.writeConfig(express + STATUS, 2, PRESENCE);
        assertTrue(high, "the link's change is left");
        port.writeConfig(express + STATUS, 2, LINK);
        assertFalse(high);
    }

    @Test
    void everyRegisterTakesEveryWrite() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 20_000; round++) {
            int size = 1 << random.nextInt(3);
            int offset = random.nextInt(0x100 / size) * size;
            port.writeConfig(offset, size, random.nextInt());
            assertEquals(3, port.readConfig(express + CAPABILITIES, 4) >>> 19);
            assertEquals(0, read(STATUS) & PRESENT);
        }
    }
}
