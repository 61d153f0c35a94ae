package testudo.core.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostHandle;
import testudo.spi.host.SharedMemory;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.SplitDriver;

/// A front-end that breaks the protocol is sent away; nothing of it stays, and the next one is served.
@Timeout(120)
class HostileFrontendTest {
    private static final long PLAIN = VirtioFeature.VERSION_1;

    private final RawFrontend frontend = new RawFrontend();
    private final HostEvent event = RawFrontend.HOST.events().newEvent();
    private final SharedMemory small = RawFrontend.HOST.memory().create("small", 4096);

    @AfterEach
    void close() {
        frontend.close();
        event.close();
        small.close();
    }

    private Map<String, Consumer<RawFrontend>> attacks() {
        Map<String, Consumer<RawFrontend>> all = new LinkedHashMap<>();
        all.put("a payload longer than any", to -> to.tellRaw(Request.SET_FEATURES, 1, 4097, 8));
        all.put("a payload of 4 GiB", to -> to.tellRaw(Request.SET_FEATURES, 1, -1, 8));
        all.put("version 2", to -> to.tellRaw(Request.GET_FEATURES, 2, 0, 0));
        all.put("an unasked reply", to -> to.tellRaw(Request.GET_FEATURES, 5, 0, 0));
        all.put("a short payload", to -> to.tell(Request.SET_FEATURES, 4));
        all.put("handles where none belong", to -> to.tell(Request.SET_OWNER, 0, event));
        all.put("an unknown request", to -> to.tell(9999, 0));
        all.put("features nobody offered", to -> to.putLong(0, -1).tell(Request.SET_FEATURES, 8));
        all.put("protocol features nobody offered", to -> to.putLong(0, -1).tell(Request.SET_PROTOCOL_FEATURES, 8));
        all.put("a ring that is not there", to -> to.putInt(0, 2).putInt(4, 16).tell(Request.SET_VRING_NUM, 8));
        all.put("a negative ring", to -> to.putInt(0, -1).putInt(4, 16).tell(Request.SET_VRING_BASE, 8));
        all.put("a ring of size 0", to -> to.putInt(0, 0).putInt(4, 0).tell(Request.SET_VRING_NUM, 8));
        all.put("a ring that is too large", to -> to.putInt(0, 0).putInt(4, 65_536).tell(Request.SET_VRING_NUM, 8));
        all.put("memory that is not in its file", to -> table(to, 0, 8192, 0, 0, small));
        all.put("memory at an odd offset", to -> table(to, 0, 1024, 0, 1024, small));
        all.put("memory of size 0", to -> table(to, 0, 0, 0, 0, small));
        all.put("memory that wraps", to -> table(to, Long.MAX_VALUE - 1, 4096, 0, 0, small));
        all.put("memory at a negative address", to -> table(to, -4096, 4096, 0, 0, small));
        all.put("an offset that wraps", to -> table(to, 0, 4096, 0, -4096, small));
        all.put("an event as memory", to -> table(to, 0, 4096, 0, 0, event));
        all.put("a table of 2^31 regions", to -> to.putInt(0, -1).putInt(4, 0).tell(Request.SET_MEM_TABLE, 8));
        all.put("a table without its handles", to -> to.putInt(0, 1).putInt(4, 0).tell(Request.SET_MEM_TABLE, 40));
        all.put("regions that overlap", to -> {
            to.putInt(0, 1).region(8).tell(Request.SET_MEM_TABLE, 40, to.memory);
            to.region(8).tell(Request.ADD_MEM_REG, 40, to.memory);
        });
        all.put("removal of what is not there", to -> to.region(8).tell(Request.REM_MEM_REG, 40));
        all.put("memory as an event", to -> to.putLong(0, 0).tell(Request.SET_VRING_KICK, 8, small));
        all.put("no event at all", to -> to.putLong(0, 0).tell(Request.SET_VRING_CALL, 8));
        all.put("a ring to be polled", to -> to.putLong(0, Request.NO_HANDLE).tell(Request.SET_VRING_KICK, 8));
        all.put("an event as a socket", to -> to.tell(Request.SET_BACKEND_REQ_FD, 0, event));
        all.put("a log that is not in its file", to -> to.putLong(0, 1L << 40).putLong(8, 0).tell(Request.SET_LOG_BASE, 16, small));
        all.put("configuration behind the end", to -> to.putInt(0, 256).putInt(4, 1).putInt(8, 0).tell(Request.GET_CONFIG, 13));
        all.put("configuration of negative length", to -> to.putInt(0, 0).putInt(4, -1).putInt(8, 0).tell(Request.GET_CONFIG, 12));
        all.put("configuration that wraps", to -> to.putInt(0, Integer.MAX_VALUE).putInt(4, 8).tell(Request.SET_CONFIG, 20));
        all.put("chains under way of no ring", to -> to.putInt(16, 16 << 16).tell(Request.GET_INFLIGHT_FD, 24));
        all.put("chains under way of rings that are not there", to -> to.putInt(16, 3 | 16 << 16).tell(Request.GET_INFLIGHT_FD, 24));
        all.put("chains under way of a ring of size 0", to -> to.putInt(16, 1).tell(Request.GET_INFLIGHT_FD, 24));
        all.put("chains under way in less memory than they take",
                to -> to.putLong(0, 4096).putLong(8, 0).putInt(16, 1 | 256 << 16).tell(Request.SET_INFLIGHT_FD, 24, small));
        all.put("chains under way in memory that is not in its file",
                to -> to.putLong(0, 8192).putLong(8, 0).putInt(16, 1 | 256 << 16).tell(Request.SET_INFLIGHT_FD, 24, small));
        all.put("chains under way in an event",
                to -> to.putLong(0, 8192).putLong(8, 0).putInt(16, 1 | 256 << 16).tell(Request.SET_INFLIGHT_FD, 24, event));
        all.put("a ring outside of memory", to -> {
            to.negotiate(PLAIN, 0);
            FakeDriver driver = new SplitDriver(to.ram, 16, false);
            to.startRing(0, driver, 0, false);
            to.putInt(0, 0).putLong(8, 64).putLong(16, 64).putLong(24, 64).tell(Request.SET_VRING_ADDR, 40);
        });
        return all;
    }

    private static void table(RawFrontend to, long gpa, long size, long user, long offset, HostHandle handle) {
        to.putInt(0, 1).putInt(4, 0).putLong(8, gpa).putLong(16, size).putLong(24, user).putLong(32, offset);
        to.tell(Request.SET_MEM_TABLE, 40, handle);
    }

    private void assertServes() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, 0);
        frontend.startRing(0, driver, 0, false);
        assertEquals(42, frontend.roundTrip(driver, 42));
    }

    @Test
    void everyAttackEndsTheConnectionAndNothingElse() {
        frontend.ask(Request.GET_FEATURES);
        long before = RawFrontend.openDescriptors();
        attacks().forEach((name, attack) -> {
            attack.accept(frontend);
            assertTrue(frontend.isSentAway(), name);
            frontend.connect();
            frontend.ask(Request.GET_FEATURES);
            assertEquals(before, RawFrontend.openDescriptors(), name);
        });
        assertServes();
    }

    @Test
    void ringsAnywhereAreTheDriversFaultAndAreContained() {
        for (long shift : new long[]{1, 8, RawFrontend.RAM_BYTES - 8, RawFrontend.RAM_BYTES / 2}) {
            frontend.negotiate(PLAIN, 0);
            FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
            frontend.startRing(0, driver, 0xFFFF_FFFF, false);
            long user = RawFrontend.USER_ADDRESS + shift;
            frontend.putInt(0, 0).putLong(8, user).putLong(16, user).putLong(24, user).putLong(32, 0).tell(Request.SET_VRING_ADDR, 40);
            frontend.kick.signal();
            frontend.ask(Request.GET_FEATURES);
            frontend.connect();
        }
        assertServes();
    }

    @Test
    void noiseDoesNotHurt() {
        long seed = 20_261_122;
        SplittableRandom random = new SplittableRandom(seed);
        frontend.ask(Request.GET_FEATURES);
        long before = RawFrontend.openDescriptors();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(2048);
            for (int round = 0; round < 2000; round++) {
                noise(random, bytes);
                if (frontend.isSentAway()) {
                    frontend.connect();
                }
            }
        }
        frontend.connect();
        frontend.ask(Request.GET_FEATURES);
        assertEquals(before, RawFrontend.openDescriptors(), "seed " + seed);
        assertServes();
    }

    /// A message that is almost right: a known request, often the right size, small numbers, and handles that may fit.
    private void noise(SplittableRandom random, MemorySegment bytes) {
        int[] sizes = {0, 8, 8, 16, 20, 24, 40, 40, 48};
        int size = sizes[random.nextInt(sizes.length)];
        bytes.set(ValueLayout.JAVA_INT, 0, random.nextInt(1, 45));
        bytes.set(ValueLayout.JAVA_INT, 4, random.nextInt(8) == 0 ? 9 : 1);
        bytes.set(ValueLayout.JAVA_INT, 8, size);
        for (int at = 12; at < 12 + size; at += 4) {
            int[] values = {0, 1, 2, 16, 4096, 0x10_0000, random.nextInt(), -1};
            bytes.set(ValueLayout.JAVA_INT_UNALIGNED, at, values[random.nextInt(values.length)]);
        }
        List<HostHandle> handles = new ArrayList<>(Collections.nCopies(random.nextInt(3), random.nextBoolean() ? event : frontend.memory));
        frontend.sendBytes(bytes.asSlice(0, 12 + size), handles);
    }
}
