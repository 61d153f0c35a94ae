package testudo.plugin.net.user;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A port of the host that leads into the guest.
/// @param tcp stream or datagrams
/// @param host where the host listens
/// @param guestPort where the guest listens
record Forward(boolean tcp, InetSocketAddress host, int guestPort) {
    private static final Pattern TEXT = Pattern.compile("(tcp|udp):([0-9.]*):(\\d{1,5})-(?:[0-9.]*):(\\d{1,5})");
    private static final int LAST_PORT = 65535;

    /// Reads `tcp:127.0.0.1:2222-:22`. Without an address the host listens on its loopback only.
    static void parse(String text, List<Forward> forwards, List<String> problems) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            problems.add("hostfwd '%s' is not understood; write it as tcp:127.0.0.1:2222-:22".formatted(text));
            return;
        }
        int hostPort = Integer.parseInt(parts.group(3));
        int guestPort = Integer.parseInt(parts.group(4));
        if (hostPort > LAST_PORT || guestPort < 1 || guestPort > LAST_PORT) {
            problems.add("hostfwd '%s': ports are 1 to 65535 (0 for the host: any free one)".formatted(text));
            return;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(parts.group(2).isEmpty() ? "127.0.0.1" : parts.group(2));
            forwards.add(new Forward(parts.group(1).equals("tcp"), new InetSocketAddress(address, hostPort), guestPort));
        } catch (IllegalArgumentException e) {
            problems.add("hostfwd '%s': %s is not an address".formatted(text, parts.group(2)));
        }
    }

    @Override
    public String toString() {
        return "%s %s to the guest's port %d".formatted(tcp ? "tcp" : "udp", host, guestPort);
    }
}
