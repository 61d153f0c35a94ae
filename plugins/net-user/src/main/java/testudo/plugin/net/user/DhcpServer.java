package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;

/// Gives the guest its one address (RFC 2131). Holds no state: the lease never changes.
final class DhcpServer {
    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;
    private static final int UDP_BYTES = 8;
    private static final int FIXED_BYTES = 236;
    private static final int COOKIE = 0x6382_5363;
    private static final int OPTIONS_AT = FIXED_BYTES + 4;
    private static final int LEASE_SECONDS = 86_400;
    private static final int TYPE_OPTION = 53;
    private static final int ADDRESS_OPTION = 50;
    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int REQUEST = 3;
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int INFORM = 8;

    private final FrameWriter writer;
    private final int mtu;
    private final boolean hasNameServer;
    private int end;

    DhcpServer(FrameWriter writer, int mtu, boolean hasNameServer) {
        this.writer = writer;
        this.mtu = mtu;
        this.hasNameServer = hasNameServer;
    }

    /// Answers a request.
    /// @param packet a UDP packet
    /// @return false when it is not for a DHCP server
    boolean request(IpPacket packet) {
        int to = (int) packet.toLow();
        boolean forServer = !packet.isIpv6() && (to == -1 || to == Subnet.GATEWAY || to == Subnet.BROADCAST);
        if (!forServer || packet.lengthBytes() < UDP_BYTES || packet.u16(2) != SERVER_PORT) {
            return false;
        }
        boolean broken = packet.lengthBytes() < UDP_BYTES + OPTIONS_AT
                || packet.u8(UDP_BYTES) != 1
                || packet.u32(UDP_BYTES + FIXED_BYTES) != COOKIE;
        if (broken) {
            return true;
        }
        int type = option(packet, TYPE_OPTION, 1);
        int wanted = option(packet, ADDRESS_OPTION, 4);
        int answer = switch (type) {
            case DISCOVER -> OFFER;
            case REQUEST -> wanted == 0 || wanted == Subnet.GUEST ? ACK : NAK;
            case INFORM -> ACK;
            default -> 0;
        };
        if (answer != 0 && writer.begin(false)) {
            reply(packet, answer);
        }
        return true;
    }

    /// The value of an option (RFC 2132), 0 without it.
    private static int option(IpPacket packet, int wanted, int sizeBytes) {
        int at = UDP_BYTES + OPTIONS_AT;
        while (at < packet.lengthBytes()) {
            int code = packet.u8(at);
            if (code == 255) {
                return 0;
            }
            if (code == 0) {
                at++;
                continue;
            }
            if (at + 2 > packet.lengthBytes() || at + 2 + packet.u8(at + 1) > packet.lengthBytes()) {
                return 0;
            }
            if (code == wanted && packet.u8(at + 1) == sizeBytes) {
                return sizeBytes == 1 ? packet.u8(at + 2) : packet.u32(at + 2);
            }
            at += 2 + packet.u8(at + 1);
        }
        return 0;
    }

    private void reply(IpPacket request, int answer) {
        MemorySegment memory = writer.memory();
        long udp = writer.payload();
        long at = udp + UDP_BYTES;
        memory.asSlice(at, FIXED_BYTES).fill((byte) 0);
        Bytes.put32(memory, at, 0x0201_0600); // reply, Ethernet, six bytes
        Bytes.put32(memory, at + 4, request.u32(UDP_BYTES + 4));
        Bytes.put32(memory, at + 8, request.u32(UDP_BYTES + 8));
        Bytes.put32(memory, at + 16, answer == NAK ? 0 : Subnet.GUEST);
        Bytes.put32(memory, at + 20, Subnet.GATEWAY);
        MemorySegment.copy(request.memory(), request.at() + UDP_BYTES + 28, memory, at + 28, 16);
        Bytes.put32(memory, at + FIXED_BYTES, COOKIE);
        end = OPTIONS_AT;
        put(memory, at, TYPE_OPTION, 1, answer);
        put(memory, at, 54, 4, Subnet.GATEWAY);
        if (answer != NAK) {
            put(memory, at, 51, 4, LEASE_SECONDS);
            put(memory, at, 1, 4, Subnet.MASK);
            put(memory, at, 3, 4, Subnet.GATEWAY);
            if (hasNameServer) {
                put(memory, at, 6, 4, Subnet.NAME_SERVER);
            }
            put(memory, at, 26, 2, mtu);
        }
        Bytes.put8(memory, at + end++, 255);
        Bytes.put16(memory, udp, SERVER_PORT);
        Bytes.put16(memory, udp + 2, CLIENT_PORT);
        Bytes.put16(memory, udp + 4, UDP_BYTES + end);
        writer.addresses(0, Subnet.mapped(Subnet.GATEWAY), 0, Subnet.mapped(-1));
        writer.finishUdp(UDP_BYTES + end);
    }

    private void put(MemorySegment memory, long at, int code, int sizeBytes, int value) {
        Bytes.put8(memory, at + end, code);
        Bytes.put8(memory, at + end + 1, sizeBytes);
        switch (sizeBytes) {
            case 1 -> Bytes.put8(memory, at + end + 2, value);
            case 2 -> Bytes.put16(memory, at + end + 2, value);
            default -> Bytes.put32(memory, at + end + 2, value);
        }
        end += 2 + sizeBytes;
    }
}
