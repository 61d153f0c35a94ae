package testudo.testing.machine;

import java.lang.invoke.VarHandle;
import testudo.spi.memory.GuestMemory;

/// The driver's side of a split virtqueue in guest memory (VIRTIO 1.3, 2.7 "Split Virtqueues"), with a page for buffers behind each ring.
final class GuestQueue {
    private static final int NEXT = 1;
    private static final int WRITE = 2;

    private final GuestCpu cpu;
    private final GuestMemory memory;
    private final int index;
    private final int size;
    private final long gpa;
    private long doorbell;
    private int available;
    private int used;
    private int descriptor;

    GuestQueue(GuestCpu cpu, int index, int size, long gpa) {
        this.cpu = cpu;
        this.memory = cpu.memory();
        this.index = index;
        this.size = size;
        this.gpa = gpa;
        memory.write(gpa, new byte[0x3000]);
    }

    long descriptors() {
        return gpa;
    }

    long available() {
        return gpa + 0x1000;
    }

    long used() {
        return gpa + 0x2000;
    }

    void doorbell(long address) {
        doorbell = address;
    }

    /// A buffer of a chain.
    record Buffer(long gpa, int lengthBytes, boolean deviceWrites) {}

    /// Makes a chain available, without a notification.
    int offer(Buffer... buffers) {
        int head = descriptor;
        for (int i = 0; i < buffers.length; i++) {
            boolean last = i + 1 == buffers.length;
            write(descriptor, buffers[i], last ? -1 : (descriptor + 1) % size);
            descriptor = (descriptor + 1) % size;
        }
        publish(head);
        return head;
    }

    void write(int slot, Buffer buffer, int next) {
        long at = descriptors() + 16L * slot;
        memory.writeLong(at, buffer.gpa());
        memory.writeInt(at + 8, buffer.lengthBytes());
        memory.writeShort(at + 12, (short) ((next < 0 ? 0 : NEXT) | (buffer.deviceWrites() ? WRITE : 0)));
        memory.writeShort(at + 14, (short) Math.max(next, 0));
    }

    void publish(int head) {
        memory.writeShort(available() + 4 + 2L * (available % size), (short) head);
        available++;
        VarHandle.fullFence(); // the entry before the index
        memory.writeShort(available() + 2, (short) available);
        VarHandle.fullFence();
    }

    void kick() throws InterruptedException {
        cpu.store(doorbell, 2, index);
    }

    /// Takes a used chain.
    /// @return the bytes that were written to it, or -1 when there is none
    long take() {
        VarHandle.fullFence();
        int now = memory.readInt(used()) >>> 16;
        if (now == (used & 0xFFFF)) {
            return -1;
        }
        VarHandle.fullFence(); // the index before the element
        long written = Integer.toUnsignedLong(memory.readInt(used() + 4 + 8L * (used % size) + 4));
        used++;
        return written;
    }

    /// Waits for a used chain without interrupts.
    long await() throws InterruptedException {
        long written = take();
        while (written < 0) {
            cpu.poll();
            written = take();
        }
        return written;
    }

    /// Offers a chain, notifies and waits.
    long request(Buffer... buffers) throws InterruptedException {
        offer(buffers);
        kick();
        return await();
    }
}
