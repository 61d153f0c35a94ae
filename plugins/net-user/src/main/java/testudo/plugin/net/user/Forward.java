package testudo.plugin.net.user;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A port of the host that leads into the guest.
/// @param tcp stream or datagrams
/// @param host where the host listens
/// @param guestHigh the guest's address, as [Subnet] has it
/// @param guestLow the other half; 0 for the IPv6 address that the guest has made itself
/// @param guestPort where the guest listens
record Forward(boolean tcp, InetSocketAddress host, long guestHigh, long guestLow, int guestPort) {
    private static final Pattern TEXT = Pattern.compile(
            "(tcp|udp):([0-9.]*|\\[[0-9a-fA-F:.]+]):(\\d{1,5})-([0-9.]*|\\[[0-9a-fA-F:]*]):(\\d{1,5})");
    private static final int LAST_PORT = 65535;
    private static final String OWN_IPV6 = "[]";

    /// Reads `tcp:127.0.0.1:2222-:22`. Without an address the host listens on its loopback only; IPv6 addresses are in brackets, `[]` is the guest's.
    static void parse(String text, List<Forward> forwards, List<String> problems) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            problems.add("hostfwd '%s' is not understood; write it as tcp:127.0.0.1:2222-:22".formatted(text));
            return;
        }
        int hostPort = Integer.parseInt(parts.group(3));
        int guestPort = Integer.parseInt(parts.group(5));
        if (hostPort > LAST_PORT || guestPort < 1 || guestPort > LAST_PORT) {
            problems.add("hostfwd '%s': ports are 1 to 65535 (0 for the host: any free one)".formatted(text));
            return;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(parts.group(2).isEmpty() ? "127.0.0.1" : plain(parts.group(2)));
            InetSocketAddress host = new InetSocketAddress(address, hostPort);
            String guest = parts.group(4);
            if (guest.isEmpty() || guest.equals("10.0.2.15")) {
                forwards.add(new Forward(parts.group(1).equals("tcp"), host, 0, Subnet.mapped(Subnet.GUEST), guestPort));
                return;
            }
            ByteBuffer halves = ByteBuffer.wrap(guest.equals(OWN_IPV6) ? new byte[16] : InetAddress.ofLiteral(plain(guest)).getAddress());
            long high = guest.equals(OWN_IPV6) ? Subnet.PREFIX : halves.getLong();
            long low = halves.limit() == 16 ? halves.getLong(8) : 0;
            if (high != Subnet.PREFIX || (!guest.equals(OWN_IPV6) && !Subnet.isGuest(high, low))) {
                throw new IllegalArgumentException(guest);
            }
            forwards.add(new Forward(parts.group(1).equals("tcp"), host, high, low, guestPort));
        } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
            problems.add("hostfwd '%s': the host's address is one of the host, the guest's nothing (10.0.2.15), [] or one of fd00::/64"
                    .formatted(text));
        }
    }

    private static String plain(String address) {
        return address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    }

    @Override
    public String toString() {
        return "%s %s to the guest's port %d".formatted(tcp ? "tcp" : "udp", host, guestPort);
    }
}
