package testudo.core.bus;

import java.util.concurrent.locks.ReentrantLock;
import testudo.spi.platform.PlatformDevice;

/// One range of a platform device: sees to it that one thread at a time is in the device.
/// @param device the device
/// @param resource the range's index among the device's resources
/// @param lock the device's, also held while its loop handlers run
public record LockedDevice(PlatformDevice device, int resource, ReentrantLock lock) implements BusDevice {
    @Override
    public long read(long offset, int sizeBytes) {
        lock.lock();
        try {
            return device.read(resource, offset, sizeBytes);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
        lock.lock();
        try {
            device.write(resource, offset, sizeBytes, value);
        } finally {
            lock.unlock();
        }
    }
}
