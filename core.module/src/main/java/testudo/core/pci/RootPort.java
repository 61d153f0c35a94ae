package testudo.core.pci;

import java.util.List;
import testudo.spi.irq.MsiVector;
import testudo.spi.pci.PciTraits;

/// A PCI Express root port with a slot for a device that is plugged in later (PCI Express 4.0, 7.5.1.3 "Type 1 Configuration Space Header",
/// 7.5.3 "PCI Express Capability Structure", 6.7 "PCI Express Hot-Plug Support").
///
/// The slot has an attention button and both indicators, no power controller; a device may go without notice. Any thread may operate it.
public final class RootPort extends PciFunction implements AutoCloseable {
    private static final int INTEL = 0x8086;
    private static final int ROOT_PORT = 0x3420;
    private static final int CLASS_PCI_BRIDGE = 0x060400;
    private static final int HEADER_BRIDGE = 1;
    private static final int SECONDARY_BUS = 0x19;
    private static final int EXPRESS = 0x10;
    private static final int EXPRESS_BYTES = 0x3C;
    private static final int EXPRESS_VERSION = 2;
    private static final int TYPE_ROOT_PORT = 4;
    private static final int POWER_MANAGEMENT = 1;

    private static final int SLOT_IMPLEMENTED = 1 << 8;
    private static final int LINK_REPORTS_ACTIVE = 1 << 20;
    private static final int LINK_ACTIVE = 1 << 13;
    private static final int SLOT_NUMBER_SHIFT = 19;
    /// Attention button, attention and power indicators, surprise removal, hot-plug.
    private static final int SLOT_FACILITIES = 0x01 | 0x08 | 0x10 | 0x20 | 0x40;
    /// Slot control: notify of hot-plug events at all.
    private static final int NOTIFY = 1 << 5;
    private static final int NOTIFY_LINK = 1 << 12;
    private static final int INDICATORS_OFF = 0x03C0;
    private static final int POWER_INDICATOR = 0x0300;
    private static final int CONTROL_WRITABLE = 0x01 | 0x08 | 0x10 | NOTIFY | INDICATORS_OFF | NOTIFY_LINK;
    /// Slot status bits 0 to 4 have their enables at the same places of slot control.
    private static final int SAME_PLACE = 0x1F;
    private static final int BUTTON_PRESSED = 1;
    private static final int PRESENCE_CHANGED = 1 << 3;
    private static final int COMMAND_COMPLETED = 1 << 4;
    private static final int PRESENT = 1 << 6;
    private static final int LINK_CHANGED = 1 << 8;

    private final int secondary;
    private final int express;
    private final MsiCapability msi;
    private Runnable released = () -> {};
    private boolean asserted;

    /// Makes a port with an empty slot.
    /// @param number its physical slot number, from 1
    /// @param secondary the bus behind it, 1 to 255
    /// @param vector for hot-plug events; closed with the port
    public RootPort(int number, int secondary, MsiVector vector) {
        super("root-port" + number, new PciTraits(INTEL, ROOT_PORT, 0, CLASS_PCI_BRIDGE, 0, 0, List.of(), true));
        this.secondary = secondary;
        config.set(HEADER_TYPE, 1, HEADER_BRIDGE);
        config.set(0x2C, 4, 0); // in a bridge's header these are prefetchable limits
        config.set(0x18, 4, secondary << 16 | secondary << 8); // primary 0, secondary, subordinate
        config.allowWrites(0x18, 4, 0x00FFFFFF);
        config.set(0x1C, 2, 0x00F0); // I/O base above limit: window closed
        config.allowWrites(0x1C, 2, 0xF0F0);
        config.set(0x20, 4, 0x0000FFF0); // memory base above limit: window closed
        config.allowWrites(0x20, 4, 0xFFF0FFF0);
        config.set(0x24, 4, 0x0001FFF1); // prefetchable, 64-bit, closed
        config.allowWrites(0x24, 4, 0xFFF0FFF0);
        config.allowWrites(0x28, 4, -1);
        config.allowWrites(0x2C, 4, -1);
        config.allowWrites(0x3E, 2, 0x007F);
        express = addExpress(number);
        msi = new MsiCapability(config, addCapability(MsiCapability.ID, MsiCapability.SIZE_BYTES), vector);
        int power = addCapability(POWER_MANAGEMENT, 8);
        config.set(power + 2, 2, 0xC803); // version 3, PME from D0, D3hot and D3cold
        config.allowWrites(power + 4, 2, 0x0103);
    }

    private int addExpress(int number) {
        int at = addCapability(EXPRESS, EXPRESS_BYTES);
        config.set(at + 2, 2, EXPRESS_VERSION | TYPE_ROOT_PORT << 4 | SLOT_IMPLEMENTED);
        config.set(at + 4, 4, 0x8000); // role-based error reporting
        config.allowWrites(at + 8, 2, 0x7FFF);
        config.allowClearing(at + 0xA, 2, 0x000F);
        config.set(at + 0xC, 4, 0x00000411 | LINK_REPORTS_ACTIVE | number << 24); // 2.5 GT/s, x1, ASPM L0s
        config.allowWrites(at + 0x10, 2, 0x00FF);
        config.set(at + 0x12, 2, 0x1011); // 2.5 GT/s, x1, slot clock; link is down: nothing behind it
        config.set(at + 0x14, 4, SLOT_FACILITIES | number << SLOT_NUMBER_SHIFT);
        config.set(at + 0x18, 2, INDICATORS_OFF);
        config.allowWrites(at + 0x18, 2, CONTROL_WRITABLE);
        config.allowClearing(at + 0x1A, 2, BUTTON_PRESSED | PRESENCE_CHANGED | COMMAND_COMPLETED | LINK_CHANGED);
        config.allowWrites(at + 0x1C, 2, 0x001F);
        config.allowClearing(at + 0x20, 4, 0x00010000);
        config.set(at + 0x2C, 4, 0x2); // supported speeds: 2.5 GT/s
        config.set(at + 0x30, 2, 1);
        return at;
    }

    /// Sets what happens when the guest gives a device up: it has switched the power indicator off while the slot was taken. Before the
    /// guest runs.
    /// @param handler runs on a vCPU thread, under the PCI root's lock
    public void onRelease(Runnable handler) {
        released = handler;
    }

    /// A device is in the slot, and its link is up.
    public synchronized void plug() {
        set(0x12, config.get(express + 0x12, 2) | LINK_ACTIVE);
        set(0x1A, config.get(express + 0x1A, 2) | PRESENT);
        happened(PRESENCE_CHANGED | LINK_CHANGED);
    }

    /// Asks the guest to give the device up.
    public synchronized void pressButton() {
        happened(BUTTON_PRESSED);
    }

    /// The slot is empty, and its link is down.
    public synchronized void unplug() {
        set(0x12, config.get(express + 0x12, 2) & ~LINK_ACTIVE);
        set(0x1A, config.get(express + 0x1A, 2) & ~PRESENT);
        happened(PRESENCE_CHANGED | LINK_CHANGED);
    }

    private void set(int register, int value) {
        config.set(express + register, 2, value);
    }

    private void happened(int events) {
        set(0x1A, config.get(express + 0x1A, 2) | events);
        notifyGuest();
    }

    /// Drives the interrupt: MSI when the reason appears, the pin as long as it lasts (6.7.3.4 "Software Notification of Hot-Plug Events").
    private void notifyGuest() {
        int control = config.get(express + 0x18, 2);
        int status = config.get(express + 0x1A, 2);
        boolean event = (status & control & SAME_PLACE) != 0 || ((status & LINK_CHANGED) != 0 && (control & NOTIFY_LINK) != 0);
        boolean wanted = event && (control & NOTIFY) != 0;
        if (msi.enabled()) {
            setPin(false);
            if (wanted && !asserted) {
                msi.raise();
            }
        } else {
            setPin(wanted);
        }
        asserted = wanted;
    }

    @Override
    protected synchronized int readConfig(int offset, int sizeBytes) {
        return super.readConfig(offset, sizeBytes);
    }

    @Override
    protected void writeConfig(int offset, int sizeBytes, int value) {
        boolean gone;
        synchronized (this) {
            int before = config.get(express + 0x18, 2);
            super.writeConfig(offset, sizeBytes, value);
            msi.written(offset, sizeBytes);
            int now = config.get(express + 0x18, 2);
            boolean command = offset < express + 0x1A && offset + sizeBytes > express + 0x18;
            if (command) {
                set(0x1A, config.get(express + 0x1A, 2) | COMMAND_COMPLETED);
            }
            boolean switchedOff = (before & POWER_INDICATOR) != POWER_INDICATOR && (now & POWER_INDICATOR) == POWER_INDICATOR;
            gone = switchedOff && (config.get(express + 0x1A, 2) & PRESENT) != 0;
            notifyGuest();
        }
        if (gone) {
            released.run();
        }
    }

    /// Releases the vector.
    @Override
    public void close() {
        msi.close();
    }

    @Override
    public int secondaryBus() {
        return secondary;
    }

    /// The bus behind it, by the number that the guest has given it.
    /// @return 0 to 255; 0 when the guest has taken the number away
    public synchronized int busNow() {
        return config.get(SECONDARY_BUS, 1);
    }

    @Override
    protected long readBar(int bar, long offset, int sizeBytes) {
        return -1;
    }

    @Override
    protected void writeBar(int bar, long offset, int sizeBytes, long value) {}
}
