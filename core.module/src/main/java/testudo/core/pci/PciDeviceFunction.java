package testudo.core.pci;

import java.util.concurrent.locks.ReentrantLock;
import testudo.spi.pci.PciDevice;

/// A function whose base address registers a [PciDevice] answers, one thread at a time.
public final class PciDeviceFunction extends PciFunction {
    private final PciDevice device;
    private final ReentrantLock lock;

    /// Makes the function.
    /// @param id the device's name
    /// @param device answers
    /// @param lock the device's, also held while its loop handlers run
    public PciDeviceFunction(String id, PciDevice device, ReentrantLock lock) {
        super(id, device.traits());
        this.lock = lock;
        this.device = device;
    }

    @Override
    protected long readBar(int bar, long offset, int sizeBytes) {
        lock.lock();
        try {
            return device.read(bar, offset, sizeBytes);
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected void writeBar(int bar, long offset, int sizeBytes, long value) {
        lock.lock();
        try {
            device.write(bar, offset, sizeBytes, value);
        } finally {
            lock.unlock();
        }
    }
}
