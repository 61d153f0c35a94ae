package testudo.plugin.virtio.vsock;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The connections by their ports, and those that have something for the guest, in turn. Allocates nothing after it was made.
final class Connections {
    /// How many there may be at one time, with those that are being made and those that end.
    static final int MOST = 1024;
    private static final int BUCKET_BITS = 10;

    private final @Nullable Connection[] buckets = new Connection[1 << BUCKET_BITS];
    private @Nullable Connection first;
    private @Nullable Connection last;

    private static int bucket(int hostPort, int guestPort) {
        return ((hostPort * 31 + guestPort) * 0x9E37_79B9) >>> (Integer.SIZE - BUCKET_BITS);
    }

    @Nullable
    Connection find(int hostPort, int guestPort) {
        Connection at = buckets[bucket(hostPort, guestPort)];
        while (at != null && (at.hostPort() != hostPort || at.guestPort() != guestPort)) {
            at = at.nextInBucket;
        }
        return at;
    }

    void add(Connection connection) {
        int index = bucket(connection.hostPort(), connection.guestPort());
        connection.nextInBucket = buckets[index];
        buckets[index] = connection;
    }

    void remove(Connection connection) {
        int index = bucket(connection.hostPort(), connection.guestPort());
        Connection at = buckets[index];
        if (at == connection) {
            buckets[index] = connection.nextInBucket;
        }
        while (at != null) {
            Connection following = at.nextInBucket;
            if (following == connection) {
                at.nextInBucket = connection.nextInBucket;
            }
            at = following;
        }
        connection.nextInBucket = null;
        if (connection.queued) {
            unlink(connection);
        }
    }

    /// Puts a connection to the end of those that wait; once.
    void enqueue(Connection connection) {
        if (connection.queued) {
            return;
        }
        connection.queued = true;
        connection.previous = last;
        connection.next = null;
        if (last == null) {
            first = connection;
        } else {
            last.next = connection;
        }
        last = connection;
    }

    boolean nothingWaits() {
        return first == null;
    }

    /// Takes the connection that has waited longest.
    @Nullable
    Connection poll() {
        Connection taken = first;
        if (taken != null) {
            unlink(taken);
        }
        return taken;
    }

    private void unlink(Connection connection) {
        Connection before = connection.previous;
        Connection after = connection.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        connection.previous = null;
        connection.next = null;
        connection.queued = false;
    }

    /// A copy of all, for what happens seldom.
    List<Connection> all() {
        List<Connection> all = new ArrayList<>();
        for (Connection at : buckets) {
            while (at != null) {
                all.add(at);
                at = at.nextInBucket;
            }
        }
        return all;
    }
}
