package testudo.plugin.disk.raw;

/// A first-in first-out list of operation numbers with a fixed length.
final class SlotRing {
    private final int[] slots;
    private int first;
    private int count;

    SlotRing(int capacity) {
        slots = new int[capacity];
    }

    int count() {
        return count;
    }

    void add(int slot) {
        if (count == slots.length) {
            throw new IllegalStateException("more operations than the queue is deep");
        }
        slots[(first + count) % slots.length] = slot;
        count++;
    }

    int remove() {
        int slot = slots[first];
        first = (first + 1) % slots.length;
        count--;
        return slot;
    }
}
