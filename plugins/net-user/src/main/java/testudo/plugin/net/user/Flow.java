package testudo.plugin.net.user;

/// What tells a connection from others, as the guest sees it: the two ends of it. Addresses are as [Subnet] has them.
///
/// One that serves as a key is not changed any more; look-ups use one that is changed for each.
final class Flow {
    private long guestHigh;
    private long guestLow;
    private int guestPort;
    private long high;
    private long low;
    private int port;

    Flow() {}

    Flow(Flow other) {
        guest(other.guestHigh, other.guestLow, other.guestPort);
        peer(other.high, other.low, other.port);
    }

    Flow guest(long addressHigh, long addressLow, int ofPort) {
        guestHigh = addressHigh;
        guestLow = addressLow;
        guestPort = ofPort;
        return this;
    }

    Flow peer(long addressHigh, long addressLow, int ofPort) {
        high = addressHigh;
        low = addressLow;
        port = ofPort;
        return this;
    }

    boolean isIpv6() {
        return guestHigh != 0;
    }

    long guestHigh() {
        return guestHigh;
    }

    long guestLow() {
        return guestLow;
    }

    int guestPort() {
        return guestPort;
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }

    int port() {
        return port;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Flow flow && flow.guestHigh == guestHigh && flow.guestLow == guestLow && flow.guestPort == guestPort
                && flow.high == high && flow.low == low && flow.port == port;
    }

    @Override
    public int hashCode() {
        long mixed = (guestLow ^ guestHigh) * 31 + (high ^ low);
        return Long.hashCode(mixed * 31 + ((long) guestPort << 16 | port)) * 0x9E37_79B9;
    }

    @Override
    public String toString() {
        return "the guest's port %d to %s port %d".formatted(guestPort, Reach.inet(high, low).getHostAddress(), port);
    }
}
