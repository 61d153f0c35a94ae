package testudo.plugin.virtio.vsock;

/// Who may send how much: both sides' counters (VIRTIO 1.3, 5.10.6.3 "Buffer Space Management"). All of them wrap.
final class Credit {
    /// The guest learns how much was forwarded after so many bytes, or when it believes that so little room is left.
    private static final int TELL_BYTES = Rooms.BYTES / 2;
    private static final int SCARCE_BYTES = Rooms.BYTES / 4;

    private int sent;
    private int guestRoom;
    private int guestForwarded;
    private int received;
    private int forwarded;
    private int forwardedTold;

    /// Takes over what a packet of the guest says.
    ///
    /// A driver composes packets on several threads, so that a counter may arrive behind a newer one: that is left out.
    /// @return false when the guest claims to have forwarded more than it was sent
    boolean guestSays(int roomBytes, int forwardedBytes) {
        int step = forwardedBytes - guestForwarded;
        long largest = Math.max(Integer.toUnsignedLong(guestRoom), Integer.toUnsignedLong(roomBytes));
        guestRoom = roomBytes;
        if (step < 0 && -(long) step <= largest) {
            return true;
        }
        if (Integer.compareUnsigned(step, sent - guestForwarded) > 0) {
            return false;
        }
        guestForwarded = forwardedBytes;
        return true;
    }

    /// How much more the guest has room for.
    long availableBytes() {
        return Math.max(0, Integer.toUnsignedLong(guestRoom) - Integer.toUnsignedLong(sent - guestForwarded));
    }

    void sent(int bytes) {
        sent += bytes;
    }

    /// Counts what the guest has sent.
    /// @return false when it had no credit for that
    boolean received(long bytes) {
        if (bytes > Rooms.BYTES - Integer.toUnsignedLong(received - forwarded)) {
            return false;
        }
        received += (int) bytes;
        return true;
    }

    void forwarded(int bytes) {
        forwarded += bytes;
    }

    /// Whether the guest should hear how much was forwarded.
    boolean tellDue() {
        return forwarded - forwardedTold >= TELL_BYTES
                || (forwarded != forwardedTold && Rooms.BYTES - (received - forwardedTold) < SCARCE_BYTES);
    }

    /// Puts our counters into a packet.
    void tell(Packet packet) {
        packet.credit(Rooms.BYTES, forwarded);
        forwardedTold = forwarded;
    }
}
