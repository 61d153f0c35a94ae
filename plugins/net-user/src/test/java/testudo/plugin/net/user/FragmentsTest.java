package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.net.NetworkLink;

/// Packets from fragments.
class FragmentsTest {
    private final Arena arena = Arena.ofConfined();
    private final Fragments fragments = new Fragments(arena);

    @AfterEach
    @AfterProperty
    void close() {
        arena.close();
    }

    private static IpPacket fragment(int id, int at, int lengthBytes, boolean more) {
        byte[] data = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            data[i] = content(at + i);
        }
        byte[] frame = TestGuest.ipv4(17, Subnet.GUEST, Subnet.GATEWAY, data);
        MemorySegment whole = MemorySegment.ofArray(new byte[NetworkLink.HEADER_BYTES + frame.length]);
        MemorySegment.copy(frame, 0, whole, java.lang.foreign.ValueLayout.JAVA_BYTE, NetworkLink.HEADER_BYTES, frame.length);
        Bytes.put16(whole, NetworkLink.HEADER_BYTES + 18, id);
        Bytes.put16(whole, NetworkLink.HEADER_BYTES + 20, at / 8 | (more ? 0x2000 : 0));
        IpPacket packet = new IpPacket();
        assertTrue(packet.read(whole, (int) whole.byteSize()));
        return packet;
    }

    private static byte content(int at) {
        return (byte) (at * 31 + at / 256);
    }

    @Property(tries = 200)
    void anyOrderGivesTheWhole(@ForAll @IntRange(min = 9, max = 65_515) int lengthBytes, @ForAll @IntRange(min = 1, max = 500) int units,
            @ForAll long seed) {
        int step = Math.max(units * 8, lengthBytes / 1000 & ~7);
        List<Integer> starts = new ArrayList<>();
        for (int at = 0; at < lengthBytes; at += step) {
            starts.add(at);
        }
        Collections.shuffle(starts, new Random(seed));
        for (int i = 0; i < starts.size(); i++) {
            int at = starts.get(i);
            boolean more = at + step < lengthBytes;
            IpPacket packet = fragment(5, at, Math.min(step, lengthBytes - at), more);
            if (starts.size() == 1) {
                continue; // not a fragment
            }
            boolean whole = fragments.add(packet, 0);
            assertEquals(i == starts.size() - 1, whole);
            if (whole) {
                assertEquals(lengthBytes, packet.lengthBytes());
                for (int k = 0; k < lengthBytes; k++) {
                    assertEquals(content(k), (byte) packet.u8(k));
                }
            } else {
                fragments.add(fragment(5, at, Math.min(step, lengthBytes - at), more), 0); // the same again changes nothing
            }
        }
    }

    @Test
    void overlapGivesThePacketUp() {
        assertFalse(fragments.add(fragment(1, 0, 16, true), 0));
        assertFalse(fragments.add(fragment(1, 8, 16, true), 0));
        assertFalse(fragments.add(fragment(1, 24, 8, false), 0), "its first fragments are forgotten");
    }

    @Test
    void fragmentsBehindTheEndGiveThePacketUp() {
        assertFalse(fragments.add(fragment(1, 16, 8, false), 0));
        assertFalse(fragments.add(fragment(1, 24, 8, true), 0));
        assertFalse(fragments.add(fragment(1, 0, 16, true), 0));
    }

    @Test
    void anEndInFrontOfWhatIsThereGivesThePacketUp() {
        assertFalse(fragments.add(fragment(1, 32, 8, true), 0));
        assertFalse(fragments.add(fragment(1, 8, 8, false), 0));
        assertFalse(fragments.add(fragment(1, 0, 8, true), 0));
    }

    @Test
    void moreThanAPacketHoldsIsDropped() {
        assertFalse(fragments.add(fragment(1, 65_528, 16, false), 0));
        assertFalse(fragments.add(fragment(1, 0, 13, true), 0), "not a multiple of 8");
        assertFalse(fragments.add(fragment(1, 8, 0, true), 0), "nothing");
    }

    @Test
    void theOldestMakesRoomAndTimeEndsAPacket() {
        for (int id = 0; id <= Fragments.MOST; id++) {
            assertFalse(fragments.add(fragment(id, 0, 8, true), id));
        }
        assertFalse(fragments.add(fragment(0, 8, 8, false), 20), "the oldest is gone");
        assertTrue(fragments.add(fragment(Fragments.MOST, 8, 8, false), 20));
        assertFalse(fragments.add(fragment(Fragments.MOST - 1, 8, 8, false), Fragments.LIMIT_NANOS + 1000));
    }
}
