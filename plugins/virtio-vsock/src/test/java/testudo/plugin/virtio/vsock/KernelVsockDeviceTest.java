package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvent;
import testudo.spi.host.VhostDevice;
import testudo.spi.memory.GuestRegion;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// What the kernel is asked for, and when.
class KernelVsockDeviceTest {
    private final List<String> asked = new ArrayList<>();
    private boolean addressTaken;
    private boolean closed;

    private final class Kernel implements VhostDevice {
        @Override
        public long features() {
            return (1L << 32) | (1L << 29) | VsockIdentity.SEQPACKET;
        }

        @Override
        public void features(long negotiated) {}

        @Override
        public void memory(List<GuestRegion> regions) {}

        @Override
        public void ring(int ring, RingPlace place) {}

        @Override
        public void kick(int ring, HostEvent event) {}

        @Override
        public void call(int ring, HostEvent event) {}

        @Override
        public void error(int ring, HostEvent event) {}

        @Override
        public int position(int ring) {
            return 0;
        }

        @Override
        public void request(int request, long value, int sizeBytes) {
            if (addressTaken) {
                throw new VmmException.Host(VmmException.Kind.IO, "/dev/vhost-vsock: cannot make request 0x60 with 0x7: EADDRINUSE");
            }
            asked.add("0x%x %d %d".formatted(request, value, sizeBytes));
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private KernelVsockDevice device() {
        return new KernelVsockDevice(7, List.of(256, 256, 256), new Kernel());
    }

    @Test
    void itHasItsAddressBeforeItRunsAndRunsWhileItIsActive() {
        try (DeviceBench bench = new DeviceBench(new TestContext(), any -> device())) {
            assertEquals(List.of("0x60 7 8"), asked);
            assertEquals(VsockIdentity.SEQPACKET, bench.device().traits().features());
            assertEquals(7, bench.device().readConfig(0, 8));
            bench.start();
            bench.quiesce();
            bench.quiesce();
            bench.start();
            bench.reset();
            assertEquals(List.of("0x60 7 8", "0x61 1 4", "0x61 0 4", "0x61 1 4", "0x61 0 4"), asked);
            assertFalse(closed);
        }
        assertTrue(closed);
    }

    @Test
    void theKernelServesAllButEvents() {
        KernelVsockDevice device = device();
        assertEquals(VsockIdentity.RECEIVE, device.kernelRing(VsockIdentity.RECEIVE, 0).orElseThrow().ring());
        assertEquals(VsockIdentity.TRANSMIT, device.kernelRing(VsockIdentity.TRANSMIT, 0).orElseThrow().ring());
        assertTrue(device.kernelRing(VsockIdentity.EVENTS, 0).isEmpty());
    }

    @Test
    void anotherMachinesAddressIsNamed() {
        addressTaken = true;
        VmmException.Host failure = assertThrows(VmmException.Host.class, this::device);
        assertEquals(
                "cannot be cid 7: /dev/vhost-vsock: cannot make request 0x60 with 0x7: EADDRINUSE [vsock]; EADDRINUSE: another machine of"
                        + " this host has that cid, give each its own", failure.getMessage());
        assertTrue(closed);
    }

    @Test
    void ringsThatTheKernelRefusesAreTheDriversFault() {
        try (DeviceBench bench = new DeviceBench(new TestContext(), any -> device())) {
            addressTaken = true;
            bench.start();
            assertTrue(bench.needsReset());
        }
    }
}
