package testudo.plugin.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// Whatever a driver asks of the control queue, it gets one byte of answer, and never more pairs or offloads than were agreed on.
class ControlQueueFuzzTest {
    private static final int PAIRS = 4;
    private static final int CONTROL = 2 * PAIRS;

    @Property(tries = 500)
    void anyRequests(@ForAll @Size(max = 20) byte[][] requests) {
        TestContext context = new TestContext();
        FakeLink link = new FakeLink(context.host(), PAIRS);
        NetIdentity identity = NetIdentity.of(NetDeviceTest.options("user,vq-pairs=4"), link, PAIRS);
        long features = (identity.traits().features() | VirtioFeature.VERSION_1) & ~VirtioFeature.RING_PACKED & ~VirtioFeature.EVENT_IDX;
        try (DeviceBench bench = new DeviceBench(context, any -> new NetDevice(identity, link, any, new LinkPath(identity, link)))
                .start(features, 64)) {
            FakeDriver driver = bench.driver(CONTROL);
            for (byte[] request : requests) {
                shape(request);
                long at = bench.ram().allocate(request.length + 2, 1);
                MemorySegment.copy(request, 0, bench.ram().bytes(), ValueLayout.JAVA_BYTE, at - bench.ram().gpa(), request.length);
                driver.begin();
                if (request.length > 0) {
                    driver.readable(at, request.length);
                }
                driver.writable(at + request.length, 1);
                int id = driver.offer();
                bench.kick(CONTROL);
                assertEquals(id, driver.poll());
                int answer = bench.ram().bytes().get(ValueLayout.JAVA_BYTE, at - bench.ram().gpa() + request.length);
                assertTrue(answer == 0 || answer == 1, "answer " + answer);
                assertTrue(link.used >= 1 && link.used <= PAIRS, link.used + " pairs");
                assertEquals(0, link.agreed & ~features, "offloads that were not agreed on");
            }
        }
    }

    /// Half of the requests are of a class that exists.
    private static void shape(byte[] request) {
        if (request.length > 1 && (request[0] & 1) == 0) {
            request[0] = new byte[]{0, 1, 4, 5}[request[0] >> 1 & 3];
            request[1] &= 1;
        }
    }
}
