package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import testudo.spi.platform.PlatformDevice;

/// Who answers the guest's calls to its firmware or hypervisor. Filled before the guest runs, then read by all vCPUs. Does not allocate.
final class GuestCalls {
    private final List<Answering> devices = new ArrayList<>();

    /// @param extension what the calls have in common
    /// @param device the device
    /// @param resource the index of the extension among the device's resources
    /// @param lock the device's
    private record Answering(long extension, PlatformDevice device, int resource, ReentrantLock lock) {}

    /// Adds a device.
    /// @throws IllegalArgumentException when another one answers these calls
    void add(long extension, String owner, PlatformDevice device, int resource, ReentrantLock lock) {
        if (isKnown(extension)) {
            throw new IllegalArgumentException("%s: another device answers calls of extension 0x%x".formatted(owner, extension));
        }
        devices.add(new Answering(extension, device, resource, lock));
    }

    /// Whether a device answers.
    boolean isKnown(long extension) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).extension == extension) {
                return true;
            }
        }
        return false;
    }

    /// Answers a call.
    /// @param call as in [PlatformDevice#call]
    /// @return false when nobody does
    boolean answer(long[] call) {
        for (int i = 0; i < devices.size(); i++) {
            Answering found = devices.get(i);
            if (found.extension == call[0]) {
                found.lock.lock();
                try {
                    return found.device.call(found.resource, call);
                } finally {
                    found.lock.unlock();
                }
            }
        }
        return false;
    }
}
