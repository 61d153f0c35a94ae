package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What the fuzz targets of the network have in common: a guest of its own for each input, and what must hold when the input was played.
final class NetFuzz {
    private static final AtomicReference<@Nullable Throwable> UNCAUGHT = new AtomicReference<>();

    static {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> UNCAUGHT.compareAndSet(null, failure));
    }

    private NetFuzz() {}

    /// Makes a guest that has agreed on offloads.
    /// @param offloads bits: checksums, segments over IPv4, segments over IPv6
    static TestGuest guest(boolean restrict, int offloads, String... forwards) {
        UNCAUGHT.set(null);
        TestGuest guest = new TestGuest(restrict, !restrict, forwards);
        guest.link.agree(((offloads & 1) != 0 ? UserLink.GUEST_CSUM : 0)
                | ((offloads & 2) != 0 ? UserLink.GUEST_TSO4 : 0)
                | ((offloads & 4) != 0 ? UserLink.GUEST_TSO6 : 0));
        return guest;
    }

    /// Takes all frames that are there, checks each.
    /// @return how many there were
    static int drain(TestGuest guest, int offloads) {
        int count = 0;
        while (guest.receiveNow()) {
            FrameCheck.check(guest.in, guest.lengthBytes, (offloads & 1) != 0);
            count++;
        }
        return count;
    }

    /// The gateway still answers, and the thread of the network is alive.
    static void stillAnswers(TestGuest guest, int offloads) {
        drain(guest, offloads);
        byte[] echo = new byte[8];
        echo[0] = 8;
        assertTrue(guest.send(TestGuest.ipv4(FrameWriter.ICMP, Subnet.GUEST, Subnet.GATEWAY, echo)));
        assertTrue(guest.receiveNow());
        FrameCheck.check(guest.in, guest.lengthBytes, (offloads & 1) != 0);
    }

    /// Nothing was thrown in the thread of the network. After the guest was closed.
    static void nothingThrown() {
        Throwable failure = UNCAUGHT.get();
        if (failure != null) {
            throw new AssertionError("thrown in the thread of the network", failure);
        }
    }
}
