package testudo.plugin.virtio.vsock;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The connections by their ports, and those that have something for the guest, in turn. Allocates nothing after it was made.
final class Connections {
    /// How many there may be, with those that are being made.
    static final int MOST = 1024;
    private static final int BUCKETS = 1024;

    private final @Nullable Connection[] buckets = new Connection[BUCKETS];
    private final @Nullable Connection[] waiting = new Connection[MOST + 1];
    private int head;
    private int waitingCount;

    private static int bucket(int hostPort, int guestPort) {
        int mixed = (hostPort * 31 + guestPort) * 0x9E37_79B9;
        return mixed >>> 22;
    }

    @Nullable Connection find(int hostPort, int guestPort) {
        Connection at = buckets[bucket(hostPort, guestPort)];
        while (at != null && (at.hostPort != hostPort || at.guestPort != guestPort)) {
            at = at.next;
        }
        return at;
    }

    void add(Connection connection) {
        int index = bucket(connection.hostPort, connection.guestPort);
        connection.next = buckets[index];
        buckets[index] = connection;
    }

    void remove(Connection connection) {
        int index = bucket(connection.hostPort, connection.guestPort);
        Connection at = buckets[index];
        if (at == connection) {
            buckets[index] = connection.next;
        }
        while (at != null) {
            Connection following = at.next;
            if (following == connection) {
                at.next = connection.next;
            }
            at = at.next;
        }
        if (connection.queued) {
            for (int i = 0; i < waitingCount; i++) {
                int slot = (head + i) % waiting.length;
                if (waiting[slot] == connection) {
                    for (int k = i; k + 1 < waitingCount; k++) {
                        waiting[(head + k) % waiting.length] = waiting[(head + k + 1) % waiting.length];
                    }
                    waitingCount--;
                    break;
                }
            }
            connection.queued = false;
        }
    }

    void enqueue(Connection connection) {
        if (!connection.queued && !connection.dead && connection.state != Connection.State.GREETING) {
            connection.queued = true;
            waiting[(head + waitingCount) % waiting.length] = connection;
            waitingCount++;
        }
    }

    boolean idle() {
        return waitingCount == 0;
    }

    @Nullable Connection poll() {
        if (waitingCount == 0) {
            return null;
        }
        Connection first = waiting[head];
        waiting[head] = null;
        head = (head + 1) % waiting.length;
        waitingCount--;
        if (first != null) {
            first.queued = false;
        }
        return first;
    }

    void each(Consumer<Connection> action) {
        for (Connection first : buckets) {
            Connection at = first;
            while (at != null) {
                Connection following = at.next;
                action.accept(at);
                at = following;
            }
        }
    }
}
