package testudo.plugin.net.tap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.VmmException.Kind;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;

/// Taps in a network namespace, with a socket of the host at the other end; and what is said when there is none.
@Timeout(60)
class TapNetworkTest {
    private static final String MADE = "host-ip=192.0.2.1,netmask=255.255.255.0,mac=02:00:00:00:00:01";
    private static final String HOST_MAC = "020000000001";
    private static final String GUEST_MAC = "020000000002";
    private static final int HEADER = NetworkLink.HEADER_BYTES;
    private static final long GUEST_CSUM = 2;

    private final HostPlatform host = platform();

    private static HostPlatform platform() {
        TapNetworkTest.class.getModule().addUses(HostPlatform.class);
        return ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();
    }

    private NetworkLink open(String text) {
        NetworkOptions options = new ConfigurationBuilder(List.of(NetworkOptions.OPTION)).text(NetworkOptions.OPTION, text).build()
                .all(NetworkOptions.OPTION).getFirst().value();
        return new TapNetwork().open(options, host);
    }

    private static int index(String name) {
        try (HostInterface device = new HostInterface(name)) {
            return device.index();
        }
    }

    @Test
    void aTapThatIsMadeHereIsConfiguredAndGoesWithTheLink() throws Exception {
        try (Namespace network = new Namespace()) {
            network.run(() -> {
                try (NetworkLink link = open(MADE + ",mtu=9000")) {
                    assertEquals(9000, link.mtu());
                    assertEquals(1, link.queues());
                    assertTrue(index("vmtap0") > 0);
                    try (HostInterface device = new HostInterface("vmtap0")) {
                        assertTrue(device.up());
                        assertEquals("02:00:00:00:00:01", device.hardwareAddress().toString());
                    }
                }
                assertEquals(0, index("vmtap0"));
            });
        }
    }

    @Test
    void framesReachSocketsOfTheHostAndComeBack() throws Exception {
        try (Namespace network = new Namespace(); Arena arena = Arena.ofShared()) {
            network.run(() -> {
                try (NetworkLink link = open(MADE);
                        DatagramSocket socket = new DatagramSocket(7000, InetAddress.getByName("192.0.2.1"))) {
                    link.agree(GUEST_CSUM);
                    MemorySegment frame = arena.allocate(NetworkLink.MAX_FRAME_BYTES);

                    assertTrue(link.queue(0).send(frame, put(frame, datagram("hello".getBytes()))));
                    DatagramPacket heard = new DatagramPacket(new byte[100], 100);
                    socket.receive(heard);
                    assertEquals("hello", new String(heard.getData(), 0, heard.getLength()));

                    socket.send(new DatagramPacket("world".getBytes(), 5, heard.getSocketAddress()));
                    byte[] question = receive(link, frame, 0x0806);
                    byte[] answer = answer(question);
                    assertTrue(link.queue(0).send(frame, put(frame, answer)));
                    byte[] reply = receive(link, frame, 0x0800);
                    assertArrayEquals("world".getBytes(), Arrays.copyOfRange(reply, HEADER + 42, HEADER + 47));
                }
            });
        }
    }

    /// A datagram from 192.0.2.2:9 to 192.0.2.1:7000 that leaves its checksum to the host.
    private static byte[] datagram(byte[] data) {
        int length = 8 + data.length;
        ByteBuffer frame = ByteBuffer.allocate(HEADER + 42 + data.length);
        frame.put(0, (byte) 1).put(6, (byte) 34).put(8, (byte) 6); // NEEDS_CSUM, start and offset, little-endian
        frame.position(HEADER).put(hex(HOST_MAC + GUEST_MAC + "0800"));
        byte[] ip = hex("4500" + "%04x".formatted(20 + length) + "00004000401100" + "00c0000202c0000201");
        ByteBuffer.wrap(ip).putShort(10, (short) ~sum(ip, 0, 20, 0));
        int pseudo = sum(ip, 12, 20, 17 + length);
        frame.put(ip).putShort((short) 9).putShort((short) 7000).putShort((short) length).putShort((short) pseudo).put(data);
        return frame.array();
    }

    private static int sum(byte[] bytes, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i += 2) {
            sum += ByteBuffer.wrap(bytes).getShort(i) & 0xFFFF;
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }

    /// The guest's answer to an ARP request for 192.0.2.2.
    private static byte[] answer(byte[] question) {
        assertEquals("c0000202", HexFormat.of().formatHex(question, HEADER + 38, HEADER + 42), "who has the guest's address");
        return hex("00".repeat(HEADER) + HOST_MAC + GUEST_MAC + "08060001080006040002" + GUEST_MAC + "c0000202" + HOST_MAC + "c0000201");
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static int put(MemorySegment to, byte[] frame) {
        MemorySegment.copy(frame, 0, to, ValueLayout.JAVA_BYTE, 0, frame.length);
        return frame.length;
    }

    /// Waits for a frame of a type; the host has more to say.
    private byte[] receive(NetworkLink link, MemorySegment to, int type) {
        try (Poller poller = host.events().newPoller()) {
            poller.add(link.queue(0).readiness(), 1, Poller.READABLE);
            while (true) {
                int bytes = link.queue(0).receive(to);
                assertTrue(bytes >= 0, "error " + bytes);
                if (bytes == 0) {
                    poller.await(-1);
                } else if (ByteBuffer.wrap(to.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE)).getShort(HEADER + 12) == (short) type) {
                    return to.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
                }
            }
        }
    }

    @Test
    void severalQueuesAreUsedAsToldAndTheRestRest() throws Exception {
        try (Namespace network = new Namespace(); Arena arena = Arena.ofShared()) {
            network.run(() -> {
                try (NetworkLink link = open(MADE + ",vq-pairs=3")) {
                    MemorySegment frame = arena.allocate(NetworkLink.MAX_FRAME_BYTES);
                    assertEquals(3, link.queues());
                    assertEquals(0, shout(link, frame), "one is used until the driver wants more");
                    link.use(3);
                    assertTrue(shout(link, frame) > 0, "64 flows are spread");
                    link.use(1);
                    assertEquals(0, shout(link, frame));
                }
            });
        }
    }

    /// Sends 64 datagrams of as many flows to everybody on the tap.
    /// @return how many frames came by queues other than the first
    private static int shout(NetworkLink link, MemorySegment frame) throws IOException {
        for (int i = 0; i < 64; i++) {
            try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("192.0.2.1"))) {
                socket.setBroadcast(true);
                socket.send(new DatagramPacket(new byte[10], 10, InetAddress.getByName("192.0.2.255"), 9));
            }
        }
        int others = 0;
        for (int queue = 0; queue < link.queues(); queue++) {
            while (link.queue(queue).receive(frame) > 0) {
                others += queue > 0 ? 1 : 0;
            }
        }
        return others;
    }

    @Test
    void aTapOfAnotherIsBusyAndOneOfOtherKindIsNamed() throws Exception {
        try (Namespace network = new Namespace()) {
            network.run(() -> {
                try (NetworkLink link = open(MADE)) {
                    VmmException.Host busy = assertThrows(VmmException.Host.class, () -> open("tap-name=vmtap0"));
                    assertEquals(Kind.EXHAUSTED, busy.kind());
                    assertTrue(busy.getMessage().contains("in use by another process"), busy.getMessage());
                    VmmException.Host single = assertThrows(VmmException.Host.class, () -> open("tap-name=vmtap0,vq-pairs=2"));
                    assertTrue(single.getMessage().contains("multi_queue"), single.getMessage());
                    VmmException.Host none = assertThrows(VmmException.Host.class, () -> open("tap-name=lo"));
                    assertTrue(none.getMessage().contains("no tap"), none.getMessage());
                    assertEquals(1, link.queues());
                }
            });
        }
    }

    @Test
    void aTapThatIsMissingIsNotMade() throws Exception {
        try (Namespace network = new Namespace()) {
            network.run(() -> {
                VmmException.Host missing = assertThrows(VmmException.Host.class, () -> open("tap-name=nowhere0"));
                assertEquals(Kind.MISSING, missing.kind());
                assertTrue(missing.getMessage().contains("ip tuntap add dev nowhere0"), missing.getMessage());
                assertEquals(0, index("nowhere0"));
            });
        }
    }

    @Test
    void oneQueueOfATapForSeveralAndItsDescriptor() throws Exception {
        try (Namespace network = new Namespace()) {
            network.run(() -> {
                TapOpening first = new TapOpening(host);
                first.make(2);
                try (NetworkLink byDescriptor = open("vq-pairs=2,tap-fd=" + first.queues().getFirst().descriptor());
                        NetworkLink byName = open("tap-name=" + first.name())) {
                    assertEquals(2, byDescriptor.queues());
                    assertEquals(1, byName.queues());
                }
                first.queues().forEach(TapQueue::close);
                assertEquals(0, index(first.name()), "every descriptor was closed");
            });
        }
    }

    @Test
    void aDescriptorThatIsNoTapIsRefused() {
        VmmException.Host none = assertThrows(VmmException.Host.class, () -> open("tap-fd=123456"));
        assertTrue(none.getMessage().contains("EBADF"), none.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "tap                                                      | give one of tap-name",
            "tap-name=t0,tap-fd=5                                     | give one of tap-name",
            "host-ip=192.0.2.1                                        | host-ip needs netmask and mac",
            "host-ip=192.0.2,netmask=255.255.255.0,mac=02:00:00:00:00:01 | is not an IPv4 address",
            "host-ip=192.0.2.256,netmask=255.255.255.0,mac=02:00:00:00:00:01 | is not an IPv4 address",
            "host-ip=192.0.2.1,netmask=255.0.255.0,mac=02:00:00:00:00:01 | netmask '255.0.255.0'",
            "host-ip=192.0.2.1,netmask=255.255.255.0,mac=03:00:00:00:00:01 | is not the address of one interface",
            "tap-name=sixteen-letters0                                | is not the name of an interface",
            "tap-name=a/b                                             | is not the name of an interface",
            "tap-name=tap%d                                           | is not the name of an interface",
            "tap-name=t0,netmask=255.255.255.0                        | netmask goes with host-ip",
            "tap-name=t0,restrict                                     | belong to backend user"})
    void whatDoesNotFitIsSaid(String text, String problem) {
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> open(text));
        assertTrue(failure.getMessage().contains(problem), failure.getMessage());
    }

    @Test
    void vhostNetThatIsMissingIsNamedAndTheTapIsClosed() throws Exception {
        try (Namespace network = new Namespace()) {
            network.run(() -> {
                VmmException.Host missing = assertThrows(
                        VmmException.Host.class, () -> open(MADE + ",vhost-net=[device=/dev/no-vhost-net]"));
                assertEquals(Kind.MISSING, missing.kind());
                assertTrue(missing.getMessage().contains("/dev/no-vhost-net: ENOENT"), missing.getMessage());
                assertEquals(0, index("vmtap0"));
            });
        }
    }
}
