package testudo.core.virtio;

import org.jspecify.annotations.Nullable;
import testudo.core.bus.BusDevice;
import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.irq.InterruptLine;

/// The memory-mapped transport, version 2 (VIRTIO 1.2, 4.2 "Virtio Over MMIO"). The legacy layout is not offered.
///
/// Registers are 32 bits wide and are accessed only as such; device configuration, from offset 0x100 on, in any width. Any vCPU thread.
public final class VirtioMmioRegisters implements BusDevice, VirtioInterrupts {
    /// Bytes of address space that a device takes.
    public static final int SIZE_BYTES = 0x1000;

    private static final int MAGIC = 0x74726976;
    private static final int VERSION = 2;
    private static final int VENDOR = 0x1AF4;
    private static final int NOTIFY = 0x050;
    private static final int CONFIG = 0x100;
    private static final int USED_BUFFER = 1;
    private static final int CONFIG_CHANGE = 2;
    private static final int STATE_VERSION = 1;

    private final VirtioHost host;
    private final InterruptLine line;
    private final Doorbells doorbells;
    private final Object interruptLock = new Object();
    private int interruptStatus;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private int queueSelect;

    /// Makes the registers.
    /// @param host the device
    /// @param line its interrupt, level-triggered
    /// @param ioEvents binds notifications to the kick events; null: each notification is an exit
    public VirtioMmioRegisters(VirtioHost host, InterruptLine line, @Nullable IoEvents ioEvents) {
        this.host = host;
        this.line = line;
        doorbells = new Doorbells(host, ioEvents);
        host.connect(this);
    }

    /// Says where the registers are, so that the hypervisor takes over what is written to the doorbell. Before a vCPU runs.
    /// @param gpa of the first register
    public void placed(long gpa) {
        doorbells.byValue(gpa + NOTIFY);
    }

    /// Takes the doorbell back from the hypervisor. No vCPU runs any more, and the device, which owns the events, is closed after this.
    public void unbind() {
        doorbells.release();
    }

    @Override
    public long read(long offset, int sizeBytes) {
        if (offset >= CONFIG) {
            return host.readConfig(offset - CONFIG, sizeBytes);
        }
        return sizeBytes == Integer.BYTES ? Integer.toUnsignedLong(register((int) offset)) : 0;
    }

    private int register(int offset) {
        return switch (offset) {
            case 0x000 -> MAGIC;
            case 0x004 -> VERSION;
            case 0x008 -> host.traits().typeId();
            case 0x00C -> VENDOR;
            case 0x060 -> interruptStatus();
            case 0x070 -> host.status();
            case 0x0FC -> host.generation();
            case 0x0B0, 0x0B4, 0x0B8, 0x0BC -> -1; // no shared memory region: its length and base are all ones
            default -> selected(offset);
        };
    }

    private synchronized int selected(int offset) {
        QueueRegisters queue = host.queue(queueSelect);
        return switch (offset) {
            case 0x010 -> deviceFeatureSelect >>> 1 != 0 ? 0 : (int) (host.offeredFeatures() >>> (32 * deviceFeatureSelect));
            case 0x034 -> queue == null ? 0 : queue.maxSize;
            case 0x044 -> queue != null && queue.enabled ? 1 : 0;
            default -> 0; // write-only, or no register
        };
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
        if (offset >= CONFIG) {
            host.writeConfig(offset - CONFIG, sizeBytes, value);
        } else if (sizeBytes == Integer.BYTES) {
            write((int) offset, (int) value);
        }
    }

    private void write(int offset, int value) {
        switch (offset) {
            case NOTIFY -> {
                if (host.queue(value) != null) {
                    host.kick(value).signal();
                }
            }
            case 0x064 -> acknowledge(value);
            case 0x070 -> {
                host.status(value & 0xFF); // waits for the device: under no lock
                if (host.status() == 0) {
                    acknowledge(-1);
                }
            }
            default -> writeSelected(offset, value);
        }
    }

    private synchronized void writeSelected(int offset, int value) {
        switch (offset) {
            case 0x014 -> deviceFeatureSelect = value;
            case 0x020 -> host.driverFeatures(driverFeatureSelect, value);
            case 0x024 -> driverFeatureSelect = value;
            case 0x030 -> queueSelect = value;
            default -> {
                QueueRegisters queue = host.queue(queueSelect);
                if (queue != null && host.queuesAreOpen()) {
                    writeQueue(queue, offset, value);
                }
            }
        }
    }

    private static void writeQueue(QueueRegisters queue, int offset, int value) {
        if (offset == 0x044) {
            queue.enabled = value == 1;
            return;
        }
        if (queue.enabled) {
            return;
        }
        switch (offset) {
            case 0x038 -> {
                if (value > 0 && value <= queue.maxSize) {
                    queue.size = value;
                }
            }
            case 0x080 -> queue.descriptors = low(queue.descriptors, value);
            case 0x084 -> queue.descriptors = high(queue.descriptors, value);
            case 0x090 -> queue.driver = low(queue.driver, value);
            case 0x094 -> queue.driver = high(queue.driver, value);
            case 0x0A0 -> queue.device = low(queue.device, value);
            case 0x0A4 -> queue.device = high(queue.device, value);
            default -> {
                // read-only or no register
            }
        }
    }

    private static long low(long old, int value) {
        return (old & ~0xFFFF_FFFFL) | Integer.toUnsignedLong(value);
    }

    private static long high(long old, int value) {
        return (old & 0xFFFF_FFFFL) | (long) value << 32;
    }

    @Override
    public void queue(int queue) {
        interrupt(USED_BUFFER);
    }

    @Override
    public void config() {
        interrupt(CONFIG_CHANGE);
    }

    private void interrupt(int reason) {
        synchronized (interruptLock) {
            if (interruptStatus == 0) {
                line.set(true);
            }
            interruptStatus |= reason;
        }
    }

    private int interruptStatus() {
        synchronized (interruptLock) {
            return interruptStatus;
        }
    }

    private void acknowledge(int reasons) {
        synchronized (interruptLock) {
            interruptStatus &= ~reasons;
            line.set(interruptStatus != 0);
        }
    }

    /// Saves the transport: selectors and what was not acknowledged. The device saves itself.
    /// @return versioned bytes for [#restore]
    public synchronized byte[] save() {
        return new StateWriter(STATE_VERSION)
                .putInt(deviceFeatureSelect)
                .putInt(driverFeatureSelect)
                .putInt(queueSelect)
                .putInt(interruptStatus())
                .toBytes();
    }

    /// Takes over what another transport has saved. Before the guest runs.
    /// @param saved from [#save()]; it may be damaged
    /// @throws VmmException.Config when it can't be understood
    public synchronized void restore(byte[] saved) {
        StateReader state = new StateReader(host.id(), saved, STATE_VERSION);
        int deviceSelect = state.getInt();
        int driverSelect = state.getInt();
        int queue = state.getInt();
        int interrupts = state.getInt("interrupt status", USED_BUFFER | CONFIG_CHANGE);
        state.end();
        deviceFeatureSelect = deviceSelect;
        driverFeatureSelect = driverSelect;
        queueSelect = queue;
        synchronized (interruptLock) {
            interruptStatus = interrupts;
            line.set(interrupts != 0);
        }
    }
}
