package testudo.core.ring;

/// Watches that a queue with `VIRTIO_F_IN_ORDER` completes its chains in the order in which it took them (VIRTIO 1.3, 2.7.9 and 2.8.8
/// "In-order use of descriptors"): its driver does not look at anything else. Owned by one queue.
final class CompletionOrder {
    private final int index;
    private final int[] taken;
    private int first;
    private int next;

    CompletionOrder(int index, int size) {
        this.index = index;
        taken = new int[size];
    }

    void take(int id) {
        taken[next] = id;
        next = next + 1 == taken.length ? 0 : next + 1;
    }

    /// @throws IllegalStateException when another chain is due: the device promised what it does not keep
    void complete(int id) {
        if (taken[first] != id) {
            throw new IllegalStateException("queue %d: completes out of order".formatted(index));
        }
        first = first + 1 == taken.length ? 0 : first + 1;
    }
}
