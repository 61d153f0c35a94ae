package testudo.core.virtio;

import java.util.concurrent.atomic.AtomicIntegerArray;
import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;

/// The common configuration structure (VIRTIO 1.3, 4.1.4.3 "Common configuration structure layout"). Any vCPU thread.
final class VirtioPciRegisters {
    /// Where a queue's vector is chosen.
    static final int QUEUE_VECTOR = 0x1A;
    private static final int NO_VECTOR = 0xFFFF;

    private final VirtioHost host;
    private final int vectors;
    /// One for each queue, the last for configuration.
    private final AtomicIntegerArray chosen;
    private final int queues;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private int queueSelect;

    VirtioPciRegisters(VirtioHost host, int vectors) {
        this.host = host;
        this.vectors = vectors;
        queues = host.traits().queueSizes().size();
        chosen = new AtomicIntegerArray(queues + 1);
        resetVectors();
    }

    synchronized void save(StateWriter state) {
        state.putInt(deviceFeatureSelect).putInt(driverFeatureSelect).putInt(queueSelect).putInt(chosen.length());
        for (int i = 0; i < chosen.length(); i++) {
            state.putInt(chosen.get(i));
        }
    }

    synchronized void restore(StateReader state) {
        deviceFeatureSelect = state.getInt();
        driverFeatureSelect = state.getInt();
        queueSelect = state.getInt("queue select", 0xFFFF);
        int count = state.getInt();
        if (count != chosen.length()) {
            throw new VmmException.Config("%s: saved state has %d vectors chosen, not %d".formatted(host.id(), count, chosen.length()));
        }
        for (int i = 0; i < count; i++) {
            chosen.set(i, vector(state.getInt()));
        }
    }

    private void resetVectors() {
        for (int i = 0; i <= queues; i++) {
            chosen.set(i, NO_VECTOR);
        }
    }

    int queueVector(int queue) {
        return chosen.get(queue);
    }

    int configVector() {
        return chosen.get(queues);
    }

    synchronized long read(int offset, int sizeBytes) {
        QueueRegisters queue = host.queue(queueSelect);
        // Offsets are the specification's; an access that does not start at a field reads as zero, a longer one gets the field.
        return switch (offset) {
            case 0x00 -> deviceFeatureSelect;
            case 0x04 -> half(host.offeredFeatures(), deviceFeatureSelect);
            case 0x08 -> driverFeatureSelect;
            case 0x0C -> half(host.driverFeatures(), driverFeatureSelect);
            case 0x10 -> configVector();
            case 0x12 -> queues;
            case 0x14 -> host.status();
            case 0x15 -> host.generation();
            case 0x16 -> queueSelect;
            default -> queue == null ? 0 : readQueue(queue, offset, sizeBytes);
        };
    }

    private long readQueue(QueueRegisters queue, int offset, int sizeBytes) {
        return switch (offset) {
            case 0x18 -> queue.size;
            case QUEUE_VECTOR -> chosen.get(queueSelect);
            case 0x1C -> queue.enabled ? 1 : 0;
            case 0x1E -> queueSelect; // queue_notify_off
            case 0x20 -> low(queue.descriptors, sizeBytes);
            case 0x24 -> queue.descriptors >>> 32;
            case 0x28 -> low(queue.driver, sizeBytes);
            case 0x2C -> queue.driver >>> 32;
            case 0x30 -> low(queue.device, sizeBytes);
            case 0x34 -> queue.device >>> 32;
            default -> 0;
        };
    }

    private static long half(long features, int select) {
        return switch (select) {
            case 0 -> features & 0xFFFF_FFFFL;
            case 1 -> features >>> 32;
            default -> 0;
        };
    }

    private static long low(long value, int sizeBytes) {
        return sizeBytes == 8 ? value : value & 0xFFFF_FFFFL;
    }

    void write(int offset, int sizeBytes, long value) {
        if (offset == 0x14) {
            host.status((int) value & 0xFF); // waits for the device: not under this lock
            if (host.status() == 0) {
                resetVectors();
            }
            return;
        }
        writeField(offset, sizeBytes, value);
    }

    private synchronized void writeField(int offset, int sizeBytes, long value) {
        switch (offset) {
            case 0x00 -> deviceFeatureSelect = (int) value;
            case 0x08 -> driverFeatureSelect = (int) value;
            case 0x0C -> host.driverFeatures(driverFeatureSelect, (int) value);
            case 0x10 -> chosen.set(queues, vector(value));
            case 0x16 -> queueSelect = (int) value & 0xFFFF;
            case QUEUE_VECTOR -> {
                if (queueSelect < queues) {
                    chosen.set(queueSelect, vector(value));
                }
            }
            default -> {
                QueueRegisters queue = host.queue(queueSelect);
                if (queue != null && host.queuesAreOpen()) {
                    writeQueue(queue, offset, sizeBytes, value);
                }
            }
        }
    }

    private int vector(long value) {
        int wanted = (int) value & 0xFFFF;
        return wanted < vectors ? wanted : NO_VECTOR;
    }

    private static void writeQueue(QueueRegisters queue, int offset, int sizeBytes, long value) {
        if (queue.enabled) {
            return; // only a reset disables a queue
        }
        switch (offset) {
            case 0x18 -> {
                int size = (int) value & 0xFFFF;
                if (size > 0 && size <= queue.maxSize) {
                    queue.size = size;
                }
            }
            case 0x1C -> queue.enabled = value == 1;
            case 0x20 -> queue.descriptors = merge(queue.descriptors, sizeBytes, value);
            case 0x24 -> queue.descriptors = high(queue.descriptors, value);
            case 0x28 -> queue.driver = merge(queue.driver, sizeBytes, value);
            case 0x2C -> queue.driver = high(queue.driver, value);
            case 0x30 -> queue.device = merge(queue.device, sizeBytes, value);
            case 0x34 -> queue.device = high(queue.device, value);
            default -> {
                // read-only or no field
            }
        }
    }

    private static long merge(long old, int sizeBytes, long value) {
        return sizeBytes == 8 ? value : (old & ~0xFFFF_FFFFL) | (value & 0xFFFF_FFFFL);
    }

    private static long high(long old, long value) {
        return (old & 0xFFFF_FFFFL) | value << 32;
    }
}
