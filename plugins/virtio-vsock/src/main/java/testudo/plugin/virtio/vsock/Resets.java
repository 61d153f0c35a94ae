package testudo.plugin.virtio.vsock;

/// Resets that the guest is owed: for packets of no connection, and for connections that have ended. Allocates nothing after it was made.
final class Resets {
    /// When so many wait, nothing is taken from the guest or from the host's clients until it has taken some.
    private static final int MANY = 256;

    /// Ports of the host and of the guest, in the upper and lower half.
    private final long[] ports = new long[MANY + Connections.MOST];
    private final int[] types = new int[ports.length];
    private int head;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    boolean many() {
        return count >= MANY;
    }

    /// Owes one. Those beyond [#many()] are at most one for each connection.
    void add(int hostPort, int guestPort, int type) {
        int at = (head + count) % ports.length;
        ports[at] = ((long) hostPort << 32) | Integer.toUnsignedLong(guestPort);
        types[at] = type;
        count++;
    }

    /// Makes the packet of the oldest.
    void take(Packet packet) {
        packet.ports((int) (ports[head] >>> 32), (int) ports[head]);
        packet.content(types[head], Packet.RESET, 0, 0);
        packet.credit(0, 0);
        head = (head + 1) % ports.length;
        count--;
    }

    void clear() {
        count = 0;
    }
}
