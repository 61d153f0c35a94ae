package testudo.plugin.virtio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.device.MachineFacts;
import testudo.spi.net.NetworkOptions;
import testudo.spi.option.Configuration;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// Frames both ways, the control queue, and what users ask for.
class NetDeviceTest {
    private static final long ALL = -1 & ~(VirtioFeature.RING_PACKED | VirtioFeature.EVENT_IDX);
    private static final int QUEUE = 64;
    private static final int HEADER = 12;

    private final TestContext context = new TestContext();
    private final FakeLink link = new FakeLink(context.host(), 4);

    static Configuration given(String... nets) {
        ConfigurationBuilder builder = new ConfigurationBuilder(List.of(NetworkOptions.OPTION));
        for (String net : nets) {
            builder.text(NetworkOptions.OPTION, net);
        }
        return builder.build();
    }

    static NetworkOptions options(String text) {
        return given(text).all(NetworkOptions.OPTION).getFirst().value();
    }

    private DeviceBench bench(String text, int vcpus, long without) {
        NetIdentity identity = NetIdentity.of(options(text), link, vcpus);
        return new DeviceBench(context, any -> new NetDevice(identity, link, any, new LinkPath(identity, link)))
                .start((identity.traits().features() | VirtioFeature.VERSION_1) & ~without & ALL, QUEUE);
    }

    private static byte[] frame(int dataBytes) {
        byte[] bytes = new byte[HEADER + dataBytes];
        for (int i = HEADER; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    private static long put(DeviceBench bench, byte[] bytes) {
        long at = bench.ram().allocate(bytes.length, 1);
        MemorySegment.copy(bytes, 0, bench.ram().bytes(), ValueLayout.JAVA_BYTE, at - bench.ram().gpa(), bytes.length);
        return at;
    }

    private static byte[] get(DeviceBench bench, long at, int lengthBytes) {
        return bench.ram().bytes().asSlice(at - bench.ram().gpa(), lengthBytes).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void frameOfTheGuestLeavesWhole() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            byte[] frame = frame(1000);
            long at = put(bench, frame);
            FakeDriver driver = bench.driver(1);
            driver.begin();
            driver.readable(at, 5);
            driver.readable(at + 5, frame.length - 5);
            int id = driver.offer();

            bench.kick(1);

            assertEquals(id, driver.poll());
            assertArrayEquals(frame, link.sent.getFirst());
        }
    }

    @Test
    void frameTooShortOrTooLongIsDroppedAndGivenBack() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            long at = bench.ram().allocate(70_000, 1);
            FakeDriver driver = bench.driver(1);
            for (int lengthBytes : new int[]{1, 25, 70_000}) {
                driver.begin();
                driver.readable(at, lengthBytes);
                int id = driver.offer();
                bench.kick(1);
                assertEquals(id, driver.poll());
            }
            assertTrue(link.sent.isEmpty());
        }
    }

    @Test
    void receivedFrameWaitsForABuffer() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            byte[] frame = frame(200);
            link.put(frame);
            bench.run();
            long at = bench.ram().allocate(2000, 1);
            FakeDriver driver = bench.driver(0);
            driver.begin();
            driver.writable(at, 2000);
            int id = driver.offer();

            bench.kick(0);

            assertEquals(id, driver.poll());
            assertEquals(frame.length, driver.usedBytes());
            frame[10] = 1; // num_buffers
            assertArrayEquals(frame, get(bench, at, frame.length));
        }
    }

    @Test
    void frameSpansBuffersOnlyWhenAgreed() {
        try (DeviceBench bench = bench("user,mrg-rxbuf", 1, 0)) {
            FakeDriver driver = bench.driver(0);
            long at = bench.ram().allocate(3000, 1);
            for (int i = 0; i < 3; i++) {
                driver.begin();
                driver.writable(at + i * 1000L, 1000);
                driver.offer();
            }
            byte[] frame = frame(2400);
            link.put(frame);
            bench.run();

            assertEquals(1000, used(driver));
            assertEquals(1000, used(driver));
            assertEquals(412, used(driver));
            frame[10] = 3;
            assertArrayEquals(frame, get(bench, at, frame.length));
        }
    }

    private static long used(FakeDriver driver) {
        assertTrue(driver.poll() >= 0);
        return driver.usedBytes();
    }

    @Test
    void frameThatFitsNoBufferIsLostAndTheNextArrives() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            FakeDriver driver = bench.driver(0);
            long at = bench.ram().allocate(400, 1);
            for (int i = 0; i < 2; i++) {
                driver.begin();
                driver.writable(at + i * 200L, 200);
                driver.offer();
            }
            link.put(frame(1000));
            link.put(frame(50));
            bench.run();
            assertEquals(0, used(driver));
            assertEquals(62, used(driver));
        }
    }

    private int control(DeviceBench bench, int queue, int... bytes) {
        byte[] request = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            request[i] = (byte) bytes[i];
        }
        FakeDriver driver = bench.driver(queue);
        long answer = bench.ram().allocate(1, 1);
        bench.ram().bytes().set(ValueLayout.JAVA_BYTE, answer - bench.ram().gpa(), (byte) 0x55);
        driver.begin();
        driver.readable(put(bench, request), request.length);
        driver.writable(answer, 1);
        driver.offer();
        bench.kick(queue);
        assertEquals(1, used(driver));
        return bench.ram().bytes().get(ValueLayout.JAVA_BYTE, answer - bench.ram().gpa());
    }

    @Test
    void controlQueueTakesWhatWasNegotiated() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            assertEquals(0, control(bench, 2, 0, 0, 1), "promiscuous");
            assertEquals(1, control(bench, 2, 0, 9, 1), "no such mode");
            assertEquals(1, control(bench, 2, 4, 0, 1, 0), "pairs without MQ");
            assertEquals(0, control(bench, 2, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0), "checksums only");
            assertEquals(NetFeature.CSUM | NetFeature.GUEST_CSUM | NetFeature.HOST_TSO4, link.agreed);
            assertEquals(1, control(bench, 2, 5, 0, 2, 0, 1, 0, 0, 0, 0, 0), "not negotiated");
            assertEquals(1, control(bench, 2, 5, 0, 2), "short");
            assertEquals(0, control(bench, 2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 1), "a group address");
            assertEquals(1, control(bench, 2, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 1), "a table longer than the request");
            assertEquals(1, control(bench, 2, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF), "no end of addresses");
            assertEquals(1, control(bench, 2, 77, 0), "no such class");
        }
    }

    @Test
    void controlQueueFollowsThePairsThatAreUsed() {
        try (DeviceBench bench = bench("user,vq-pairs=2", 2, NetFeature.MQ)) {
            assertEquals(0, control(bench, 2, 0, 0, 1));
        }
    }

    @Test
    void pairsAreUsedAsTheDriverSays() {
        try (DeviceBench bench = bench("user,vq-pairs=4", 4, 0)) {
            assertEquals(1, link.used, "one until the driver wants more");
            assertEquals(0, control(bench, 8, 4, 0, 3, 0));
            assertEquals(3, link.used);
            assertEquals(1, control(bench, 8, 4, 0, 0, 0), "none");
            assertEquals(1, control(bench, 8, 4, 0, 5, 0), "more than there are");
            assertEquals(1, control(bench, 8, 4, 0, 0, 0x80), "0x8000");
            assertEquals(1, control(bench, 8, 4, 0, 2), "half a number");
            assertEquals(3, link.used);
            bench.quiesce();
            bench.reset();
            assertEquals(1, link.used);
        }
    }

    @Test
    void aBrokenLinkIsNotAskedAgain() {
        try (DeviceBench bench = bench("user", 1, 0)) {
            link.broken = 1;
            link.put(frame(50));
            bench.run();
            bench.kick(0);
            bench.kick(0);
            assertEquals(2, link.broken, "asked once");
        }
    }

    @Test
    void configurationSpaceSaysWhatTheInterfaceIs() {
        try (DeviceBench bench = bench("user,mac=52:54:00:12:34:56,mtu=9000", 1, 0)) {
            assertEquals(0x5634_1200_5452L, bench.device().readConfig(0, 8) & 0xFFFF_FFFF_FFFFL);
            assertEquals(1, bench.device().readConfig(6, 2), "link up");
            assertEquals(1, bench.device().readConfig(8, 2), "pairs");
            assertEquals(9000, bench.device().readConfig(10, 2));
            assertTrue((bench.device().traits().features() & NetFeature.MAC) != 0);
        }
        assertTrue(link.closed);
    }

    @Test
    void morePairsThanVcpusBecomeOne() {
        assertEquals(1, NetIdentity.of(options("user,vq-pairs=4"), link, 2).pairs());
        assertEquals(4, NetIdentity.of(options("user,vq-pairs=4"), link, 4).pairs());
        assertFalse((NetIdentity.of(options("user"), link, 2).traits().features() & NetFeature.MQ) != 0);
    }

    @Test
    void wrongOptionsAreAllNamed() {
        MachineFacts facts = new MachineFacts("x86_64", 1, 1 << 28, 1 << 28, 0);
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> new NetProvider().devices(
                given("user,mac=52:54:00:00:00:01", "tap-name=t0,mac=52:54:00:00:00:01", "user,mac=zz", "user,mac=01:00:00:00:00:00",
                        "user,mrg-rxbuf,packed-queue", "tap-name=t0,vhost-net,packed-queue"),
                facts));
        assertEquals(6, failure.problems().size(), failure.problems().toString());
        assertEquals(2, new NetProvider().devices(given("user", "tap-fd=5"), facts).size());
    }
}
