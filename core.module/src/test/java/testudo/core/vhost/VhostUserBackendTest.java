package testudo.core.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.SharedMemory;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;

/// A device behind a socket, and a front-end that does what the specification says.
@Timeout(60)
class VhostUserBackendTest {
    private static final long PLAIN = VirtioFeature.VERSION_1;
    private static final long WITH_PROTOCOL = PLAIN | ProtocolFeature.PROTOCOL_FEATURES;

    private final RawFrontend frontend = new RawFrontend();

    @AfterEach
    void close() {
        frontend.close();
    }

    @Test
    void offersWhatTheDeviceHas() {
        long features = frontend.ask(Request.GET_FEATURES);

        assertEquals(LoopbackDevice.FEATURE, features & 0xFF_FFFF);
        assertNotEquals(0, features & VirtioFeature.RING_PACKED);
        assertEquals(LoopbackDevice.QUEUES, frontend.ask(Request.GET_QUEUE_NUM));
        assertEquals(PeerMemory.MAX_REGIONS, frontend.ask(Request.GET_MAX_MEM_SLOTS));
    }

    @Test
    void servesASplitRing() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, 0);
        frontend.startRing(1, driver, 0, false);

        for (int i = 1; i <= 100; i++) {
            assertEquals(i, frontend.roundTrip(driver, i));
        }
        assertEquals(100, frontend.stopRing(1));
    }

    /// The memory goes to the back-end after this one, too; by then nothing is under way.
    @ParameterizedTest
    @ValueSource(ints = {20, 24})
    void whatIsUnderWayIsNotedInMemoryThatTheFrontEndKeeps(int payload) {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, ProtocolFeature.INFLIGHT_SHMFD);
        try (HostHandle kept = frontend.askInflight(2, 16, payload)) {
            frontend.tell(Request.SET_INFLIGHT_FD, payload, kept);
            frontend.startRing(1, driver, 0, false);
            assertEquals(5, frontend.roundTrip(driver, 5));
            frontend.connect();
            frontend.negotiate(PLAIN, ProtocolFeature.INFLIGHT_SHMFD);
            frontend.putLong(0, 4096).putLong(8, 0).putInt(16, 2 | 16 << 16).tell(Request.SET_INFLIGHT_FD, payload, kept);
            frontend.startRing(1, driver, 7, false); // where it stands is in the ring and the memory, not in what is said
            assertEquals(6, frontend.roundTrip(driver, 6));
        }
        assertEquals(2, frontend.stopRing(1));
    }

    @Test
    void servesAPackedRing() {
        FakeDriver driver = new PackedDriver(frontend.ram, 16, true);
        frontend.negotiate(PLAIN | VirtioFeature.RING_PACKED | VirtioFeature.EVENT_IDX, 0);
        frontend.startRing(0, driver, 0x8000_8000, false);

        for (int i = 1; i <= 100; i++) {
            assertEquals(i, frontend.roundTrip(driver, i));
        }
        int position = frontend.stopRing(0);
        assertEquals(position >>> 16, position & 0xFFFF);
        frontend.startRing(0, driver, position, false);
        assertEquals(7, frontend.roundTrip(driver, 7));
    }

    @Test
    void aRingThatWasStoppedGoesOn() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, true);
        frontend.negotiate(PLAIN | VirtioFeature.EVENT_IDX, 0);
        for (int i = 0; i < 5; i++) {
            frontend.startRing(0, driver, i, false);
            assertEquals(1000 + i, frontend.roundTrip(driver, 1000 + i));
            assertEquals(i + 1, frontend.stopRing(0));
        }
        assertEquals(5, frontend.device.activations.get());
    }

    @Test
    void aRingIsServedOnceItIsEnabled() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(WITH_PROTOCOL, 0);
        frontend.startRing(0, driver, 0, false);
        frontend.ask(Request.GET_FEATURES); // everything before it has been handled
        assertEquals(0, frontend.device.activations.get());

        frontend.putInt(0, 0).putInt(4, 1).tell(Request.SET_VRING_ENABLE, 8);

        assertEquals(3, frontend.roundTrip(driver, 3));
    }

    @Test
    void twoRingsAreServedAtOnce() {
        FakeDriver first = new SplitDriver(frontend.ram, 16, false);
        FakeDriver second = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, 0);
        frontend.startRing(0, first, 0, false);
        assertEquals(1, frontend.roundTrip(first, 1));
        frontend.startRing(1, second, 0, false);
        assertEquals(2, frontend.roundTrip(second, 2)); // one event for both: each kick is a look at both rings
        assertEquals(1, frontend.stopRing(1));
        assertEquals(3, frontend.roundTrip(first, 3));
    }

    @Test
    void memoryComesRegionByRegion() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, ProtocolFeature.CONFIGURE_MEM_SLOTS);
        frontend.region(8).tell(Request.REM_MEM_REG, 40);
        frontend.region(8).tell(Request.ADD_MEM_REG, 40, frontend.memory);
        frontend.startRing(0, driver, 0, false);

        assertEquals(9, frontend.roundTrip(driver, 9));
    }

    @Test
    void configurationIsReadAndWritten() {
        frontend.negotiate(PLAIN, ProtocolFeature.CONFIG | ProtocolFeature.BACKEND_REQ);
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.startRing(0, driver, 0, false);
        frontend.roundTrip(driver, 1); // it is active
        List<LocalSocket> pair = RawFrontend.PASSING.pair(Kind.STREAM);
        try (LocalSocket ours = pair.get(0); LocalSocket theirs = pair.get(1)) {
            frontend.tell(Request.SET_BACKEND_REQ_FD, 0, theirs);
            frontend.putInt(0, 2).putInt(4, 10).putInt(8, 0).tell(Request.GET_CONFIG, 22);
            MemorySegment answer = frontend.answer(Request.GET_CONFIG);
            assertEquals(22, answer.byteSize());
            assertEquals(0x1122_3344_5566L, answer.get(JAVA_LONG_UNALIGNED, 12), "and zeroes behind the last field");

            frontend.putInt(0, 4).putInt(4, 2).putInt(8, 0).putInt(12, 0xABCD).tell(Request.SET_CONFIG, 14);

            RawFrontend.await(ours);
            MemorySegment heard = java.lang.foreign.Arena.ofAuto().allocate(64, 8);
            assertEquals(12, RawFrontend.PASSING.receive(ours, heard, 0, 64, new ArrayList<>()));
            assertEquals(Request.BACKEND_CONFIG_CHANGE, heard.get(JAVA_INT, 0));
            frontend.putInt(0, 0).putInt(4, 8).putInt(8, 0).tell(Request.GET_CONFIG, 20);
            assertEquals(0x1122_ABCD_5566_7788L, frontend.answer(Request.GET_CONFIG).get(JAVA_LONG_UNALIGNED, 12));
        }
    }

    @Test
    void writtenPagesAreLogged() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN | ProtocolFeature.LOG_ALL, ProtocolFeature.LOG_SHMFD);
        long pages = (RawFrontend.RAM_GPA + RawFrontend.RAM_BYTES) >>> 12;
        try (SharedMemory log = RawFrontend.HOST.memory().create("log", 4096)) {
            frontend.putLong(0, (pages + 7) / 8).putLong(8, 0).tell(Request.SET_LOG_BASE, 16, log);
            frontend.answer(Request.SET_LOG_BASE);
            frontend.startRing(0, driver, 0, false);
            frontend.roundTrip(driver, 1);

            long data = (RawFrontend.RAM_GPA + RawFrontend.RAM_BYTES - 64) >>> 12;
            long used = driver.deviceArea() >>> 12;
            for (long page = 0; page < pages; page++) {
                boolean dirty = (log.bytes().get(JAVA_BYTE, page >>> 3) & 1 << (page & 7)) != 0;
                assertEquals(page == data || page == used, dirty, "page " + page);
            }
            frontend.putLong(0, PLAIN).tell(Request.SET_FEATURES, 8);
            frontend.ask(Request.GET_FEATURES); // has an answer: the request before it is done
            log.bytes().fill((byte) 0);
            frontend.roundTrip(driver, 1);
            assertEquals(-1, log.bytes().mismatch(MemorySegment.ofArray(new byte[4096])), "the log has ended");
        }
    }

    @Test
    void aResetMakesTheDeviceNew() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, ProtocolFeature.STATUS | ProtocolFeature.RESET_DEVICE);
        frontend.startRing(0, driver, 0, false);
        frontend.putLong(0, 15).tell(Request.SET_STATUS, 8);
        assertEquals(1, frontend.roundTrip(driver, 1));
        assertEquals(15, frontend.ask(Request.GET_STATUS));

        frontend.putLong(0, 0).tell(Request.SET_STATUS, 8);

        assertEquals(0, frontend.ask(Request.GET_STATUS));
        assertEquals(1, frontend.device.resets.get());
        frontend.putLong(0, PLAIN).tell(Request.SET_FEATURES, 8);
        frontend.startRing(0, driver, 1, false);
        assertEquals(2, frontend.roundTrip(driver, 2));
        frontend.tell(Request.RESET_DEVICE, 0);
        frontend.ask(Request.GET_STATUS);
        assertEquals(2, frontend.device.resets.get());
    }

    @Test
    void requestsAreAcknowledgedWhenThatIsWanted() {
        frontend.negotiate(PLAIN, ProtocolFeature.REPLY_ACK);
        int flags = Request.VERSION | Request.NEED_REPLY;
        frontend.tellRaw(Request.SET_OWNER, flags, 0, 0);
        assertEquals(0, frontend.answer(Request.SET_OWNER).get(JAVA_LONG_UNALIGNED, 0));
        frontend.tellRaw(77, flags, 0, 0);
        assertEquals(1, frontend.answer(77).get(JAVA_LONG_UNALIGNED, 0), "unknown");
        assertFalse(frontend.isSentAway());
    }

    @Test
    void aBrokenRingStopsUntilItIsStoppedByTheFrontEnd() {
        FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
        frontend.negotiate(PLAIN, 0);
        frontend.startRing(0, driver, 0, false);
        try (HostHandle error = RawFrontend.HOST.events().newEvent()) {
            frontend.putLong(0, 0).tell(Request.SET_VRING_ERR, 8, error);
            frontend.roundTrip(driver, 1);
            frontend.ram.memory().writeShort(driver.driverArea() + 2, (short) 500); // 499 chains in a ring of 16
            frontend.kick.signal();
            RawFrontend.await((testudo.spi.host.Pollable) error);
        }
        assertFalse(frontend.isSentAway(), "a driver's fault is not the front-end's");
        frontend.stopRing(0);
        FakeDriver healthy = new SplitDriver(frontend.ram, 16, false);
        frontend.startRing(0, healthy, 0, false);
        assertEquals(5, frontend.roundTrip(healthy, 5));
    }

    @Test
    void nothingStaysOpenWhenTheFrontEndGoes() {
        long before = RawFrontend.openDescriptors();
        for (int i = 0; i < 3; i++) {
            FakeDriver driver = new SplitDriver(frontend.ram, 16, false);
            frontend.negotiate(PLAIN, ProtocolFeature.BACKEND_REQ);
            frontend.startRing(0, driver, 0, false);
            assertEquals(i, frontend.roundTrip(driver, i));
            frontend.connect();
            frontend.ask(Request.GET_FEATURES);
            assertEquals(before, RawFrontend.openDescriptors());
        }
        assertTrue(frontend.device.resets.get() >= 3);
    }
}
