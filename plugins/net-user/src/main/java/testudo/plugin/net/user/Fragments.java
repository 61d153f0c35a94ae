package testudo.plugin.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// Puts fragments of the guest's packets together (RFC 791, 3.2 "Fragmentation and Reassembly"; RFC 8200, 4.5 "Fragment Header"). Under the stack's lock.
///
/// At most [#MOST] packets at a time; the oldest makes room. One whose fragments overlap is given up (RFC 5722), so is one that is not whole after 15 seconds.
final class Fragments {
    static final int MOST = 8;
    static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int UNIT_BYTES = 8;
    private static final int MOST_BYTES = 65_535;
    private static final int UNITS = (MOST_BYTES + UNIT_BYTES) / UNIT_BYTES;

    private final Arena arena;
    private final Packet[] packets = new Packet[MOST];

    /// @param arena where fragments are kept, closed after the last use
    Fragments(Arena arena) {
        this.arena = arena;
        for (int i = 0; i < MOST; i++) {
            packets[i] = new Packet();
        }
    }

    /// Takes a fragment.
    /// @param packet becomes the whole packet when this was the last missing fragment, until the next fragment comes
    /// @return whether it has become that
    boolean add(IpPacket packet, long now) {
        int end = packet.fragmentAt() + packet.lengthBytes();
        boolean odd = packet.moreFragments() && packet.lengthBytes() % UNIT_BYTES != 0;
        if (odd || packet.lengthBytes() == 0 || end > MOST_BYTES) {
            return false;
        }
        Packet into = find(packet, now);
        if (!into.add(packet, end)) {
            into.used = false;
            return false;
        }
        if (into.wholeBytes < 0 || into.unitsHeld != units(into.wholeBytes)) {
            return false;
        }
        into.used = false;
        packet.whole(into.memory, into.wholeBytes);
        return true;
    }

    private Packet find(IpPacket packet, long now) {
        Packet best = packets[0];
        for (Packet candidate : packets) {
            if (candidate.used && now - candidate.since > LIMIT_NANOS) {
                candidate.used = false;
            }
            if (candidate.used && candidate.belongs(packet)) {
                return candidate;
            }
            boolean better = best.used && (!candidate.used || candidate.since - best.since < 0);
            best = better ? candidate : best;
        }
        best.start(packet, now);
        return best;
    }

    private static int units(int bytes) {
        return (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
    }

    /// A packet of which some fragments have come.
    private final class Packet {
        private MemorySegment memory = MemorySegment.NULL;
        private final long[] held = new long[units(UNITS * UNIT_BYTES) / Long.SIZE + 1];
        private boolean used;
        private long since;
        private long fromHigh;
        private long fromLow;
        private long toHigh;
        private long toLow;
        private int identification;
        private int protocol;
        private int unitsHeld;
        private int wholeBytes;

        boolean belongs(IpPacket packet) {
            return identification == packet.identification() && fromLow == packet.fromLow() && toLow == packet.toLow()
                    && fromHigh == packet.fromHigh() && toHigh == packet.toHigh() && (packet.isIpv6() || protocol == packet.protocol());
        }

        void start(IpPacket packet, long now) {
            if (memory.byteSize() == 0) {
                memory = arena.allocate((long) UNITS * UNIT_BYTES);
            }
            used = true;
            since = now;
            fromHigh = packet.fromHigh();
            fromLow = packet.fromLow();
            toHigh = packet.toHigh();
            toLow = packet.toLow();
            identification = packet.identification();
            protocol = packet.protocol();
            Arrays.fill(held, 0);
            unitsHeld = 0;
            wholeBytes = -1;
        }

        /// @return false when fragments contradict each other
        boolean add(IpPacket packet, int end) {
            boolean last = !packet.moreFragments();
            if ((last && wholeBytes >= 0 && wholeBytes != end) || (wholeBytes >= 0 && end > wholeBytes)) {
                return false;
            }
            int first = packet.fragmentAt() / UNIT_BYTES;
            int behind = units(end);
            int known = 0;
            for (int i = first; i < behind; i++) {
                known += (int) (held[i / Long.SIZE] >>> i) & 1;
            }
            if (known == behind - first) {
                return true; // the same again
            }
            if (known != 0 || (last && highest() > behind)) {
                return false;
            }
            for (int i = first; i < behind; i++) {
                held[i / Long.SIZE] |= 1L << i;
            }
            unitsHeld += behind - first;
            wholeBytes = last ? end : wholeBytes;
            MemorySegment.copy(packet.memory(), packet.at(), memory, packet.fragmentAt(), packet.lengthBytes());
            return true;
        }

        /// How many units reach to the last one held.
        private int highest() {
            for (int i = held.length - 1; i >= 0; i--) {
                if (held[i] != 0) {
                    return (i + 1) * Long.SIZE - Long.numberOfLeadingZeros(held[i]);
                }
            }
            return 0;
        }
    }
}
