package testudo.plugin.virtio.vsock;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.BitSet;

/// Memory for bytes that wait, in pieces that are used again: a connection has one only while something waits in it.
///
/// There are never more pieces than connections need at one time, two each at most.
final class Rooms {
    /// The size of a piece, which is also what a guest may have under way in one connection, and the longest message.
    static final int BYTES = 64 << 10;

    private final Arena arena;
    private final ArrayDeque<Room> spare = new ArrayDeque<>();

    /// @param arena lives as long as this is used
    Rooms(Arena arena) {
        this.arena = arena;
    }

    Room take() {
        return spare.isEmpty() ? new Room(arena.allocate(BYTES), new BitSet(BYTES)) : spare.pop();
    }

    void giveBack(Room room) {
        room.ends.clear();
        spare.push(room);
    }

    /// A piece of memory.
    /// @param bytes [#BYTES] long
    /// @param ends marks last bytes of messages
    record Room(MemorySegment bytes, BitSet ends) {}
}
