package testudo.core.virtio;

import testudo.core.ring.QueueConfig;

/// What the driver writes about one queue before the device is live. Guarded by its [VirtioHost].
final class QueueRegisters {
    final int maxSize;
    int size;
    long descriptors;
    long driver;
    long device;
    boolean enabled;

    QueueRegisters(int maxSize) {
        this.maxSize = maxSize;
        this.size = maxSize;
    }

    void reset() {
        size = maxSize;
        descriptors = 0;
        driver = 0;
        device = 0;
        enabled = false;
    }

    QueueConfig config(int index, long features) {
        return new QueueConfig(index, size, descriptors, driver, device, features);
    }
}
