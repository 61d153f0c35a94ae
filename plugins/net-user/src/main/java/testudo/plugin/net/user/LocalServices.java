package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;

/// What the gateway answers itself: ARP (RFC 826), ICMP echo (RFC 792, RFC 4443), DHCP (RFC 2131). Under the stack's lock.
final class LocalServices {
    private static final int ARP_BYTES = 28;
    private static final int ARP_REQUEST = 1;
    private static final int ARP_REPLY = 2;
    private static final int ARP_ETHERNET_IPV4 = 0x0001_0800;
    private static final int TYPE_ARP = 0x0806;
    private static final int ECHO_BYTES = 8;
    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REPLY = 0;
    private static final int ECHO_REQUEST_6 = 128;
    private static final int ECHO_REPLY_6 = 129;

    private final FrameWriter writer;
    private final DhcpServer dhcp;
    private final int mtu;

    LocalServices(FrameWriter writer, int mtu, boolean hasNameServer) {
        this.writer = writer;
        this.mtu = mtu;
        dhcp = new DhcpServer(writer, mtu, hasNameServer);
    }

    boolean arp(MemorySegment frame, int at, int lengthBytes) {
        if (lengthBytes < at + ARP_BYTES || Bytes.u32(frame, at) != ARP_ETHERNET_IPV4 || Bytes.u16(frame, at + 6) != ARP_REQUEST) {
            return false;
        }
        int wanted = Bytes.u32(frame, at + 24);
        if (!Subnet.isOurs(wanted) || !writer.begin(false)) {
            return false; // also the guest's probe for its own address, which must stay unanswered
        }
        MemorySegment memory = writer.memory();
        long reply = writer.plain();
        Bytes.put32(memory, reply, ARP_ETHERNET_IPV4);
        Bytes.put16(memory, reply + 4, 0x0604);
        Bytes.put16(memory, reply + 6, ARP_REPLY);
        Bytes.put48(memory, reply + 8, Subnet.GATEWAY_MAC);
        Bytes.put32(memory, reply + 14, wanted);
        Bytes.put48(memory, reply + 18, Bytes.u48(frame, at + 8));
        Bytes.put32(memory, reply + 24, Bytes.u32(frame, at + 14));
        writer.finishPlain(TYPE_ARP, ARP_BYTES);
        return true;
    }

    /// Answers `ping`. A request that was put together from fragments, longer than the MTU, stays unanswered.
    boolean echo(IpPacket packet) {
        boolean asked = packet.lengthBytes() >= ECHO_BYTES && packet.u8(0) == (packet.isIpv6() ? ECHO_REQUEST_6 : ECHO_REQUEST);
        boolean fits = packet.lengthBytes() <= mtu - FrameWriter.headerBytes(packet.isIpv6());
        if (!asked || !fits || !Subnet.isOurs(packet.toHigh(), packet.toLow()) || !writer.begin(packet.isIpv6())) {
            return false;
        }
        MemorySegment memory = writer.memory();
        long reply = writer.payload();
        MemorySegment.copy(packet.memory(), packet.at(), memory, reply, packet.lengthBytes());
        Bytes.put8(memory, reply, packet.isIpv6() ? ECHO_REPLY_6 : ECHO_REPLY);
        writer.addresses(packet.toHigh(), packet.toLow(), packet.fromHigh(), packet.fromLow());
        writer.finishIcmp(packet.lengthBytes());
        return true;
    }

    boolean dhcp(IpPacket packet) {
        return dhcp.request(packet);
    }
}
