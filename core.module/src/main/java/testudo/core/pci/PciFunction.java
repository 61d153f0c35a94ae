package testudo.core.pci;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.irq.InterruptLine;
import testudo.spi.pci.PciTraits;
import testudo.spi.pci.PciTraits.Bar;

/// A function in configuration space: header, capabilities, base address registers. Subclasses are what the guest finds behind it.
///
/// Configuration accesses are serialised by the root; accesses to base address registers are not, unless a subclass does.
public abstract class PciFunction {
    /// Offset of the command register.
    static final int COMMAND = 0x04;
    /// Offset of the status register.
    static final int STATUS = 0x06;
    /// Offset of the header type.
    static final int HEADER_TYPE = 0x0E;
    /// Offset of the first base address register.
    static final int BAR0 = 0x10;
    /// Offset of the capability pointer.
    static final int CAPABILITIES = 0x34;
    /// Offset of the interrupt line register.
    static final int INTERRUPT_LINE = 0x3C;
    /// Offset of the interrupt pin register.
    static final int INTERRUPT_PIN = 0x3D;
    /// Command: answer memory accesses.
    static final int COMMAND_MEMORY = 1 << 1;
    /// Command: answer I/O accesses.
    static final int COMMAND_IO = 1;
    /// Command: don't use the interrupt pin.
    static final int COMMAND_NO_PIN = 1 << 10;

    private static final int STATE_VERSION = 1;
    private static final int STATUS_CAPABILITIES = 1 << 4;
    private static final int FIRST_CAPABILITY = 0x40;

    /// The function's configuration space.
    protected final ConfigSpace config = new ConfigSpace();

    private final String id;
    private final PciTraits traits;
    private final List<BarState> bars = new ArrayList<>();
    private int lastCapability;
    private int nextCapability = FIRST_CAPABILITY;
    private @Nullable InterruptLine pin;
    private int pinNumber;
    private final Object pinLock = new Object();
    private boolean pinHigh;
    private int gsi = -1;

    /// Fills the header.
    /// @param id the device's name
    /// @param traits its facts
    protected PciFunction(String id, PciTraits traits) {
        this.id = id;
        this.traits = traits;
        config.set(0, 2, traits.vendorId());
        config.set(2, 2, traits.deviceId());
        config.set(8, 4, traits.classCode() << 8 | traits.revision());
        config.set(0x2C, 2, traits.subsystemVendorId());
        config.set(0x2E, 2, traits.subsystemId());
        config.allowWrites(COMMAND, 2, 0x0547); // I/O, memory, bus master, parity, SERR, no pin
        config.allowWrites(0x0C, 1, 0xFF); // cache line size
        config.allowWrites(INTERRUPT_LINE, 1, 0xFF);
        traits.bars().forEach(bar -> bars.add(new BarState(bar, config)));
    }

    /// The device's name.
    /// @return for logs
    public final String id() {
        return id;
    }

    /// Its facts.
    /// @return constant
    public final PciTraits traits() {
        return traits;
    }

    final List<BarState> bars() {
        return bars;
    }

    /// The bus behind it.
    /// @return 0 for anything but a bridge
    public int secondaryBus() {
        return 0;
    }

    /// Adds a capability.
    /// @param capabilityId its number
    /// @param sizeBytes its length with the two bytes of its header
    /// @return where it is; the body starts two bytes later
    protected final int addCapability(int capabilityId, int sizeBytes) {
        int at = nextCapability;
        nextCapability = (at + sizeBytes + 3) & ~3;
        if (nextCapability > 0x100) {
            throw new IllegalStateException("%s: no room for another capability".formatted(id));
        }
        config.set(at, 1, capabilityId);
        if (lastCapability == 0) {
            config.set(CAPABILITIES, 1, at);
            config.set(STATUS, 2, config.get(STATUS, 2) | STATUS_CAPABILITIES);
        } else {
            config.set(lastCapability + 1, 1, at);
        }
        lastCapability = at;
        return at;
    }

    /// Gives it an interrupt pin. Before the guest runs.
    /// @param number 1 to 4
    /// @param line to the interrupt controller
    /// @param gsi the controller's pin
    public final void wirePin(int number, InterruptLine line, int gsi) {
        pin = line;
        pinNumber = number;
        this.gsi = gsi;
        config.set(INTERRUPT_PIN, 1, number);
        config.set(INTERRUPT_LINE, 1, gsi);
    }

    /// Its interrupt pin.
    /// @return 1 to 4, or 0 without one
    public final int pinNumber() {
        return pinNumber;
    }

    /// The interrupt controller's pin that its pin is wired to.
    /// @return -1 without one
    public final int gsi() {
        return gsi;
    }

    /// Sets the level of the interrupt pin, unless the guest has switched the pin off. Any thread.
    /// @param high the level
    protected final void setPin(boolean high) {
        synchronized (pinLock) {
            pinHigh = high;
            drivePin();
        }
    }

    private void drivePin() {
        InterruptLine line = pin;
        if (line != null) {
            line.set(pinHigh && (config.get(COMMAND, 2) & COMMAND_NO_PIN) == 0);
        }
    }

    /// Whether it has a pin that the guest left on.
    /// @return true when [#setPin] reaches the guest
    protected final boolean hasPin() {
        return pin != null;
    }

    /// The guest reads configuration space.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @return the value
    protected int readConfig(int offset, int sizeBytes) {
        return config.get(offset, sizeBytes);
    }

    /// The guest writes configuration space.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @param value the value
    protected void writeConfig(int offset, int sizeBytes, int value) {
        config.guestWrite(offset, sizeBytes, value);
        if (offset < COMMAND + 2 && offset + sizeBytes > COMMAND) {
            synchronized (pinLock) {
                drivePin();
            }
        }
    }

    /// Saves what the guest has written to configuration space. No vCPU runs.
    /// @return versioned bytes for [PciRoot#restore]
    public byte[] save() {
        return new StateWriter(STATE_VERSION).putBytes(config.bytes()).toBytes();
    }

    /// Takes over what was saved. Configuration accesses are serialised.
    /// @param saved from [#save()]; it may be damaged
    /// @throws VmmException.Config when it can't be understood
    protected void restore(byte[] saved) {
        StateReader state = new StateReader(id, saved, STATE_VERSION);
        byte[] space = state.getBytes();
        state.end();
        if (space.length != ConfigSpace.SIZE_BYTES) {
            throw new VmmException.Config("%s: saved configuration space has %d bytes".formatted(id, space.length));
        }
        config.restore(space);
    }

    /// A base address register has got an address, or lost it. Configuration accesses are still serialised.
    /// @param bar its index
    /// @param address where it is now, or -1
    protected void barMoved(int bar, long address) {}

    /// The guest reads a base address register's range.
    /// @param bar its index
    /// @param offset in the range
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value
    protected abstract long readBar(int bar, long offset, int sizeBytes);

    /// The guest writes a base address register's range.
    /// @param bar its index
    /// @param offset in the range
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value zero-extended
    protected abstract void writeBar(int bar, long offset, int sizeBytes, long value);

    /// A base address register and where it is mapped.
    static final class BarState {
        private final Bar bar;
        private final ConfigSpace config;
        private long mappedAt = -1;

        private BarState(Bar bar, ConfigSpace config) {
            this.bar = bar;
            this.config = config;
            int low = (int) -bar.sizeBytes();
            switch (bar.kind()) {
                case IO -> {
                    config.set(register(), 4, 1);
                    config.allowWrites(register(), 4, low & ~3);
                }
                case MEMORY_32 -> config.allowWrites(register(), 4, low & ~0xF);
                case MEMORY_64, MEMORY_64_PREFETCHABLE -> {
                    config.set(register(), 4, bar.kind() == PciTraits.Kind.MEMORY_64 ? 4 : 0xC);
                    config.allowWrites(register(), 4, low & ~0xF);
                    config.allowWrites(register() + 4, 4, (int) (-bar.sizeBytes() >> 32));
                }
            }
        }

        Bar bar() {
            return bar;
        }

        int register() {
            return BAR0 + 4 * bar.index();
        }

        boolean is64() {
            return bar.kind() == PciTraits.Kind.MEMORY_64 || bar.kind() == PciTraits.Kind.MEMORY_64_PREFETCHABLE;
        }

        long address() {
            long low = Integer.toUnsignedLong(config.get(register(), 4));
            if (bar.kind() == PciTraits.Kind.IO) {
                return low & ~3L;
            }
            return (is64() ? Integer.toUnsignedLong(config.get(register() + 4, 4)) << 32 : 0) | (low & ~0xFL);
        }

        void assign(long address) {
            int flags = config.get(register(), 4) & 0xF;
            config.set(register(), 4, (int) address | flags);
            if (is64()) {
                config.set(register() + 4, 4, (int) (address >>> 32));
            }
        }

        long mappedAt() {
            return mappedAt;
        }

        void mappedAt(long address) {
            mappedAt = address;
        }
    }
}
