package testudo.plugin.irqchip.aia;

import java.util.concurrent.locks.ReentrantLock;
import testudo.spi.VmmException;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlatformDevice;

/// An APLIC with one supervisor-level domain that has all sources and delivers by messages only (AIA 1.0, 4 "Advanced Platform-Level
/// Interrupt Controller (APLIC)"). Registers are 32 bits wide; accesses of other sizes read 0 and change nothing.
final class Aplic implements PlatformDevice {
    private static final int DOMAINCFG = 0;
    private static final int SOURCECFG = 0x0004;
    private static final int SOURCECFG_END = 0x1000;
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
    private static final int TARGET = 0x3004;
    private static final int TARGET_END = 0x4000;
    private static final int WORD_REGISTERS_BYTES = 0x80;

    private static final int DOMAINCFG_FIXED = 0x8000_0004; // delivers by messages
    private static final int DOMAINCFG_ENABLE = 1 << 8;
    private static final int TARGET_BITS = 0xFFFC_07FF; // hart and identity; there are no guest files
    private static final int HART_SHIFT = 18;
    private static final int IDENTITY_MASK = 0x7FF;

    private final ReentrantLock lock = new ReentrantLock();
    private final Imsics imsics;
    private final Source[] sources;
    private boolean enabled;

    /// Makes a domain whose sources are all inactive.
    /// @param pins one more than the largest source
    /// @param imsics where messages go
    Aplic(int pins, Imsics imsics) {
        this.imsics = imsics;
        this.sources = new Source[pins];
        for (int number = 1; number < pins; number++) {
            sources[number] = new Source();
        }
    }

    /// Makes a line to a source.
    /// @param number 1 to the largest source
    /// @param trigger must be the same for all lines of a source
    /// @return a low line
    InterruptLine line(int number, Trigger trigger) {
        lock.lock();
        try {
            if (!sources[number].wire(trigger)) {
                throw new VmmException.Config("interrupt %d has a device with another trigger already; a %s-triggered device needs another"
                        .formatted(number, trigger == Trigger.EDGE ? "edge" : "level"));
            }
            return new Line(number);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        if (sizeBytes != Integer.BYTES || (offset & 3) != 0) {
            return 0;
        }
        lock.lock();
        try {
            return Integer.toUnsignedLong(readRegister((int) offset));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        if (sizeBytes != Integer.BYTES || (offset & 3) != 0) {
            return;
        }
        lock.lock();
        try {
            writeRegister((int) offset, (int) value);
        } finally {
            lock.unlock();
        }
    }

    private int readRegister(int offset) {
        if (offset == DOMAINCFG) {
            return DOMAINCFG_FIXED | (enabled ? DOMAINCFG_ENABLE : 0);
        }
        if (offset >= SOURCECFG && offset < SOURCECFG_END) {
            Source source = source(offset - SOURCECFG);
            return source == null ? 0 : source.mode();
        }
        if (offset >= TARGET && offset < TARGET_END) {
            Source source = source(offset - TARGET);
            return source == null ? 0 : source.target();
        }
        int first = (offset & (WORD_REGISTERS_BYTES - 1)) * 8; // a word has 32 sources
        int word = 0;
        for (int number = first; number < first + Integer.SIZE && number < sources.length; number++) {
            Source source = sources[number];
            boolean set = source != null && switch (offset & -WORD_REGISTERS_BYTES) {
                case SETIP -> source.isPending();
                case IN_CLRIP -> source.input();
                case SETIE -> source.isEnabled();
                default -> false;
            };
            word |= set ? 1 << number : 0;
        }
        return word;
    }

    private void writeRegister(int offset, int value) {
        switch (offset) {
            case DOMAINCFG -> {
                enabled = (value & DOMAINCFG_ENABLE) != 0;
                for (int number = 1; number < sources.length; number++) {
                    forward(number);
                }
            }
            case SETIPNUM, SETIPNUM_LE -> setPending(value, true);
            case CLRIPNUM -> setPending(value, false);
            case SETIENUM -> setEnabled(value, true);
            case CLRIENUM -> setEnabled(value, false);
            case GENMSI -> imsics.post(value >>> HART_SHIFT, value & IDENTITY_MASK); // also while the domain is disabled
            default -> writeArray(offset, value);
        }
    }

    private void writeArray(int offset, int value) {
        if (offset >= SOURCECFG && offset < SOURCECFG_END) {
            int number = 1 + (offset - SOURCECFG) / Integer.BYTES;
            Source source = source(offset - SOURCECFG);
            if (source != null) {
                source.configure(value);
                forward(number);
            }
        } else if (offset >= TARGET && offset < TARGET_END) {
            Source source = source(offset - TARGET);
            if (source != null) {
                source.target(value & TARGET_BITS);
            }
        } else {
            int first = (offset & (WORD_REGISTERS_BYTES - 1)) * 8;
            for (int bits = value; bits != 0; bits &= bits - 1) {
                int number = first + Integer.numberOfTrailingZeros(bits);
                switch (offset & -WORD_REGISTERS_BYTES) {
                    case SETIP -> setPending(number, true);
                    case IN_CLRIP -> setPending(number, false);
                    case SETIE -> setEnabled(number, true);
                    case CLRIE -> setEnabled(number, false);
                    default -> {
                        return;
                    }
                }
            }
        }
    }

    private @org.jspecify.annotations.Nullable Source source(int arrayOffset) {
        int number = 1 + arrayOffset / Integer.BYTES;
        return number < sources.length ? sources[number] : null;
    }

    private boolean exists(int number) {
        return number >= 1 && number < sources.length;
    }

    private void setPending(int number, boolean pending) {
        if (exists(number)) {
            sources[number].setPending(pending);
            forward(number);
        }
    }

    private void setEnabled(int number, boolean on) {
        if (exists(number)) {
            sources[number].setEnabled(on);
            forward(number);
        }
    }

    /// Turns a pending interrupt into a message, where the guest wants it.
    private void forward(int number) {
        if (enabled && sources[number].takeForwarding()) {
            int target = sources[number].target();
            imsics.post(target >>> HART_SHIFT, target & IDENTITY_MASK);
        }
    }

    @Override
    public void reset() {
        lock.lock();
        try {
            enabled = false;
            for (int number = 1; number < sources.length; number++) {
                sources[number].reset();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {}

    /// A device's line; the source's input is high while any of its lines is.
    private final class Line implements InterruptLine {
        private final int number;
        private boolean level;

        Line(int number) {
            this.number = number;
        }

        @Override
        public void set(boolean high) {
            lock.lock();
            try {
                if (level != high) {
                    level = high;
                    sources[number].lineChanged(high);
                    forward(number);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
