package testudo.platform.linux;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import testudo.spi.VmmException;

/// Rings that were made while it was allowed. A ring that is closed comes back here with nothing under way. Any thread.
final class RingReserve {
    private final Deque<UringRing> free = new ArrayDeque<>();

    /// Makes rings, as many as the kernel grants.
    synchronized void fill(int count, int depth) {
        for (int i = 0; i < count; i++) {
            Optional<UringRing> made = open(depth);
            if (made.isEmpty()) {
                return;
            }
            made.get().home(this);
            free.add(made.get());
        }
    }

    private static Optional<UringRing> open(int depth) {
        try {
            return Optional.of(UringRing.open(depth));
        } catch (VmmException.Host refused) { // who wants a ring and no thread is told when it asks for one
            return Optional.empty();
        }
    }

    /// @return a ring that is at least so deep, if there is one
    synchronized Optional<UringRing> take(int depth) {
        Optional<UringRing> found = free.stream().filter(ring -> ring.depth() >= depth).findFirst();
        found.ifPresent(free::remove);
        return found;
    }

    synchronized void giveBack(UringRing ring) {
        if (!free.contains(ring)) { // closing is idempotent
            free.add(ring);
        }
    }
}
