package testudo.plugin.irqchip.x86;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.platform.PlatformDevice;

/// An I/O APIC with 24 pins (Intel 82093AA data sheet, "Register Description").
final class IoApic implements PlatformDevice {
    static final int PINS = 24;
    static final long GPA = 0xFEC0_0000L;
    static final int SIZE = 0x100;

    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int END_OF_INTERRUPT = 0x40;
    private static final int ID = 0;
    private static final int VERSION = 1;
    private static final int ARBITRATION = 2;
    private static final int FIRST_ENTRY = 0x10;
    /// Version 0x20 has the end-of-interrupt register.
    private static final int VERSION_VALUE = (PINS - 1) << 16 | 0x20;

    private static final long MASKED = 1 << 16;
    private static final long LEVEL = 1 << 15;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long PENDING = 1 << 12;
    private static final long READ_ONLY = REMOTE_IRR | PENDING;
    private static final long ENTRY_BITS = 0xFF00_0000_0001_FFFFL;
    private static final int EXT_INT = 7;

    private final Wiring wiring;
    private final Messages messages;
    private final long[] entries = new long[PINS];
    private final boolean[] lines = new boolean[PINS];
    private final boolean[] edges = new boolean[PINS];
    private final List<List<Pin.Line>> pinLines = new ArrayList<>();
    private int select;
    private int id;

    /// Where messages go.
    interface Messages {
        /// Delivers a message. Under the lock.
        /// @param address message address
        /// @param data message data
        void deliver(long address, int data);

        /// A pin's message has changed. Under the lock.
        /// @param pin 0 to 23
        /// @param address message address
        /// @param data message data
        void changed(int pin, long address, int data);
    }

    /// Makes an I/O APIC with all pins masked.
    /// @param wiring the lock
    /// @param messages where messages go
    IoApic(Wiring wiring, Messages messages) {
        this.wiring = wiring;
        this.messages = messages;
        for (int pin = 0; pin < PINS; pin++) {
            pinLines.add(new ArrayList<>());
        }
        setPowerOnState();
    }

    /// Notes a line, for acknowledgements. Under the lock.
    /// @param pin 0 to 23
    /// @param line the line
    void attach(int pin, Pin.Line line) {
        pinLines.get(pin).add(line);
    }

    /// Sets a pin. Under the lock.
    /// @param pin 0 to 23
    /// @param high its level
    void set(int pin, boolean high) {
        boolean rising = high && !lines[pin];
        lines[pin] = high;
        // "Ignored" when masked, says the data sheet, not held.
        if (rising && (entries[pin] & MASKED) == 0) {
            edges[pin] = true;
        }
        if (high) {
            serve(pin);
        }
    }

    /// A processor acknowledged a level-triggered vector. Under the lock.
    /// @param vector the vector
    void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            long entry = entries[pin];
            if ((entry & 0xFF) != vector || (entry & LEVEL) == 0 || (entry & REMOTE_IRR) == 0) {
                continue;
            }
            entries[pin] &= ~REMOTE_IRR;
            List<Pin.Line> lineList = pinLines.get(pin);
            for (int i = 0; i < lineList.size(); i++) {
                Runnable acknowledged = lineList.get(i).acknowledged();
                if (acknowledged != null) {
                    wiring.afterwards(acknowledged);
                }
            }
            serve(pin);
        }
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        wiring.lock();
        try {
            long value = switch ((int) offset) {
                case SELECT -> select;
                case WINDOW -> readSelected();
                default -> 0;
            };
            return sizeBytes >= 4 ? value : value & (1L << (8 * sizeBytes)) - 1;
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        wiring.lock();
        try {
            switch ((int) offset) {
                case SELECT -> select = (int) value & 0xFF;
                case WINDOW -> writeSelected(value & 0xFFFF_FFFFL);
                case END_OF_INTERRUPT -> endOfInterrupt((int) value & 0xFF);
                default -> {
                    // Reserved.
                }
            }
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void reset() {
        wiring.lock();
        try {
            setPowerOnState();
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void close() {}

    private void setPowerOnState() {
        select = 0;
        id = 0;
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = MASKED;
            edges[pin] = false;
        }
    }

    private long readSelected() {
        int entry = (select - FIRST_ENTRY) >> 1;
        if (select >= FIRST_ENTRY && entry < PINS) {
            return (select & 1) == 0 ? entries[entry] & 0xFFFF_FFFFL : entries[entry] >>> 32;
        }
        return switch (select) {
            case ID, ARBITRATION -> (long) id << 24;
            case VERSION -> VERSION_VALUE;
            default -> 0;
        };
    }

    private void writeSelected(long value) {
        int pin = (select - FIRST_ENTRY) >> 1;
        if (select == ID) {
            id = (int) (value >>> 24) & 0xF;
        }
        if (select < FIRST_ENTRY || pin >= PINS) {
            return;
        }
        long before = entries[pin];
        long written = (select & 1) == 0
                ? (before & ~0xFFFF_FFFFL) | (value & ~READ_ONLY) | (before & READ_ONLY)
                : (before & 0xFFFF_FFFFL) | value << 32;
        // Edge mode has no remote IRR: switching to it and back is how drivers get rid of a stuck one.
        entries[pin] = written & ENTRY_BITS & ((written & LEVEL) == 0 ? ~REMOTE_IRR : -1L);
        messages.changed(pin, address(entries[pin]), data(entries[pin]));
        serve(pin);
    }

    private void serve(int pin) {
        long entry = entries[pin];
        if ((entry & MASKED) != 0) {
            return;
        }
        if ((entry & LEVEL) != 0) {
            edges[pin] = false;
            if (!lines[pin] || (entry & REMOTE_IRR) != 0) {
                return;
            }
            entries[pin] |= REMOTE_IRR;
        } else {
            if (!edges[pin]) {
                return;
            }
            edges[pin] = false;
        }
        if ((entry >>> 8 & 7) != EXT_INT) {
            messages.deliver(address(entry), data(entry));
        }
    }

    /// The message of an entry, as a device would send it (Intel SDM 3, "Message Signalled Interrupts").
    private static long address(long entry) {
        long destination = entry >>> 56;
        long logical = entry >>> 11 & 1;
        long lowest = (entry >>> 8 & 7) == 1 ? 1 : 0;
        return LocalApics.GPA | destination << 12 | lowest << 3 | logical << 2;
    }

    private static int data(long entry) {
        int level = (entry & LEVEL) != 0 ? 1 << 15 : 0;
        return (int) (entry & 0x7FF) | 1 << 14 | level;
    }
}
