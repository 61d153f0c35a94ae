package testudo.core.virtio;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.core.pci.MsixTable;
import testudo.core.pci.PciFunction;
import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.irq.MsiVector;
import testudo.spi.pci.PciTraits;
import testudo.spi.virtio.VirtioTraits;

/// The modern PCI transport (VIRTIO 1.3, 4.1 "Virtio Over PCI Bus"), with crosvm's layout of BAR 0.
public final class VirtioPciFunction extends PciFunction implements VirtioInterrupts {
    private static final int VENDOR = 0x1AF4;
    private static final int FIRST_DEVICE = 0x1040;
    private static final int REVISION = 1;
    private static final int BAR_BYTES = 0x8000;
    private static final int COMMON = 0x0000;
    private static final int ISR = 0x1000;
    private static final int DEVICE = 0x2000;
    private static final int NOTIFY = 0x3000;
    private static final int MSIX_TABLE = 0x6000;
    private static final int MSIX_PENDING = 0x7000;
    private static final int WINDOW_BYTES = 0x1000;
    private static final int NOTIFY_MULTIPLIER = 4;
    private static final int VENDOR_CAPABILITY = 0x09;
    private static final int MSIX_CAPABILITY = 0x11;
    private static final int POWER_CAPABILITY = 0x01;
    private static final int COMMON_BYTES = 0x38;
    private static final int TYPE_COMMON = 1;
    private static final int TYPE_NOTIFY = 2;
    private static final int TYPE_ISR = 3;
    private static final int TYPE_DEVICE = 4;
    private static final int TYPE_CONFIG_ACCESS = 5;
    private static final int STATE_VERSION = 1;
    private static final int ISR_QUEUE = 1;
    private static final int ISR_CONFIG = 2;

    private final VirtioHost host;
    private final MsixTable msix;
    private final VirtioPciRegisters registers;
    private final Doorbells doorbells;
    private final int msixAt;
    private final int accessAt;
    private final Object isrLock = new Object();
    private int isr;

    /// Makes the function.
    /// @param host the device
    /// @param vectors an MSI-X vector for each queue and one for configuration; closed with this
    /// @param ioEvents binds notifications to the kick events; null: each notification is an exit
    public VirtioPciFunction(VirtioHost host, MsiVector[] vectors, @Nullable IoEvents ioEvents) {
        super(host.id(), traits(host.traits()));
        this.host = host;
        doorbells = new Doorbells(host, ioEvents);
        msix = new MsixTable(vectors);
        registers = new VirtioPciRegisters(host, vectors.length);
        addWindow(TYPE_COMMON, COMMON, COMMON_BYTES, 16);
        addWindow(TYPE_ISR, ISR, 1, 16);
        addWindow(TYPE_DEVICE, DEVICE, WINDOW_BYTES, 16);
        int notify = addWindow(TYPE_NOTIFY, NOTIFY, WINDOW_BYTES, 20);
        config.set(notify + 16, 4, NOTIFY_MULTIPLIER);
        accessAt = addWindow(TYPE_CONFIG_ACCESS, 0, 0, 20);
        config.allowWrites(accessAt + 4, 1, 0xFF);
        config.allowWrites(accessAt + 8, 4, -1);
        config.allowWrites(accessAt + 12, 4, -1);
        msixAt = addCapability(MSIX_CAPABILITY, 12);
        config.set(msixAt + 2, 2, vectors.length - 1);
        config.allowWrites(msixAt + 2, 2, 0xC000);
        config.set(msixAt + 4, 4, MSIX_TABLE);
        config.set(msixAt + 8, 4, MSIX_PENDING);
        int power = addCapability(POWER_CAPABILITY, 8);
        config.set(power + 2, 2, 0xC802); // version 2, PME from D0, D3hot and D3cold
        config.allowWrites(power + 4, 2, 0x0103);
        host.connect(this);
    }

    private static PciTraits traits(VirtioTraits virtio) {
        int device = FIRST_DEVICE + virtio.typeId();
        return new PciTraits(
                VENDOR,
                device,
                REVISION,
                virtio.pciClass() << 8,
                VENDOR,
                device,
                List.of(new PciTraits.Bar(0, BAR_BYTES, PciTraits.Kind.MEMORY_32)),
                true);
    }

    private int addWindow(int type, int offset, int lengthBytes, int sizeBytes) {
        int at = addCapability(VENDOR_CAPABILITY, sizeBytes);
        config.set(at + 2, 1, sizeBytes);
        config.set(at + 3, 1, type);
        config.set(at + 8, 4, offset);
        config.set(at + 12, 4, lengthBytes);
        return at;
    }

    @Override
    protected int readConfig(int offset, int sizeBytes) {
        if (offset == accessAt + 16) {
            int length = config.get(accessAt + 12, 4);
            long at = Integer.toUnsignedLong(config.get(accessAt + 8, 4));
            boolean valid = (length == 1 || length == 2 || length == 4) && at <= BAR_BYTES - length;
            config.set(offset, 4, valid ? (int) readBar(0, at, length) : 0);
        }
        return super.readConfig(offset, sizeBytes);
    }

    @Override
    protected void writeConfig(int offset, int sizeBytes, int value) {
        super.writeConfig(offset, sizeBytes, value);
        if (offset < msixAt + 4 && offset + sizeBytes > msixAt + 2) {
            msix.control(config.get(msixAt + 2, 2));
            if (msix.enabled()) {
                setPin(false);
            }
            host.interruptsChanged();
        } else if (offset == accessAt + 16) {
            int length = config.get(accessAt + 12, 4);
            long at = Integer.toUnsignedLong(config.get(accessAt + 8, 4));
            if ((length == 1 || length == 2 || length == 4) && at <= BAR_BYTES - length) {
                writeBar(0, at, length, Integer.toUnsignedLong(value) & (-1L >>> (64 - 8 * length)));
            }
        }
    }

    @Override
    protected void barMoved(int bar, long address) {
        doorbells.release();
        if (address >= 0) {
            doorbells.byAddress(address + NOTIFY, NOTIFY_MULTIPLIER);
        }
    }

    @Override
    protected long readBar(int bar, long offset, int sizeBytes) {
        if (offset < COMMON + COMMON_BYTES) {
            return registers.read((int) offset, sizeBytes);
        }
        if (offset == ISR) {
            return takeIsr();
        }
        if (offset >= DEVICE && offset < DEVICE + WINDOW_BYTES) {
            return host.readConfig(offset - DEVICE, sizeBytes);
        }
        if (offset >= MSIX_TABLE && offset < MSIX_PENDING) {
            return msix.read(offset - MSIX_TABLE, sizeBytes);
        }
        if (offset >= MSIX_PENDING) {
            return msix.readPending(offset - MSIX_PENDING, sizeBytes);
        }
        return 0;
    }

    @Override
    protected void writeBar(int bar, long offset, int sizeBytes, long value) {
        if (offset < COMMON + COMMON_BYTES) {
            registers.write((int) offset, sizeBytes, value);
            if (host.status() == 0) {
                takeIsr();
                msix.clearPending();
            } else if (offset == VirtioPciRegisters.QUEUE_VECTOR) {
                host.interruptsChanged();
            }
        } else if (offset >= DEVICE && offset < DEVICE + WINDOW_BYTES) {
            host.writeConfig(offset - DEVICE, sizeBytes, value);
        } else if (offset >= NOTIFY && offset < NOTIFY + WINDOW_BYTES) {
            int queue = (int) (offset - NOTIFY) / NOTIFY_MULTIPLIER;
            if (queue < host.traits().queueSizes().size()) {
                host.kick(queue).signal();
            }
        } else if (offset >= MSIX_TABLE && offset < MSIX_PENDING) {
            msix.write(offset - MSIX_TABLE, sizeBytes, value);
            host.interruptsChanged();
        }
    }

    private int takeIsr() {
        synchronized (isrLock) {
            int was = isr;
            isr = 0;
            if (was != 0) {
                setPin(false);
            }
            return was;
        }
    }

    @Override
    public void queue(int queue) {
        interrupt(registers.queueVector(queue), ISR_QUEUE);
    }

    @Override
    public void config() {
        interrupt(registers.configVector(), ISR_CONFIG);
    }

    @Override
    public Optional<HostEvent> event(int queue) {
        return msix.event(registers.queueVector(queue));
    }

    private void interrupt(int vector, int reason) {
        if (msix.enabled()) {
            msix.raise(vector);
            return;
        }
        synchronized (isrLock) {
            isr |= reason;
            setPin(true);
        }
    }

    @Override
    public byte[] save() {
        StateWriter state = new StateWriter(STATE_VERSION).putBytes(super.save());
        msix.save(state);
        registers.save(state);
        synchronized (isrLock) {
            state.putInt(isr);
        }
        return state.toBytes();
    }

    @Override
    protected void restore(byte[] saved) {
        StateReader state = new StateReader(host.id(), saved, STATE_VERSION);
        super.restore(state.getBytes());
        msix.restore(state, host.id());
        registers.restore(state);
        int pending = state.getInt("interrupt status", ISR_QUEUE | ISR_CONFIG);
        state.end();
        msix.control(config.get(msixAt + 2, 2));
        synchronized (isrLock) {
            isr = pending;
            setPin(pending != 0);
        }
    }

    /// Takes the doorbells back from the hypervisor. No vCPU runs any more, and the device, which owns the events, is closed after this.
    public void unbind() {
        doorbells.release();
    }

    /// Releases the vectors; the device, which raises them, is closed before.
    public void close() {
        msix.close();
    }
}
