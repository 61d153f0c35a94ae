package testudo.core.ring;

/// How far a device has come in a queue: where a saved queue goes on.
/// @param available the next chain to take: the index in the available ring, 16 bits; for a packed ring the slot, with the wrap counter as bit 15
/// @param used where the next completion goes, in the same form
public record RingPosition(int available, int used) {
    /// A new split queue.
    public static final RingPosition SPLIT_START = new RingPosition(0, 0);
    /// A new packed queue: both wrap counters are 1.
    public static final RingPosition PACKED_START = new RingPosition(1 << 15, 1 << 15);
}
