package testudo.testing.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.core.loop.LoopThread;
import testudo.core.option.ConfigurationBuilder;
import testudo.platform.linux.LinuxPlatform;
import testudo.plugin.net.tap.TapNetwork;
import testudo.plugin.net.user.UserNetwork;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;
import testudo.spi.net.NetworkQueue;

/// The user network with a tap in the guest's place: whatever the kernel does behind the tap is what a guest would do. A program of its own, so that its
/// processor time can be told from others'.
public final class NetworkRelay {
    /// Checksums, and segmentation over both families, towards the guest (VIRTIO 1.3, 5.1.3 "Feature bits").
    private static final long GUEST_OFFLOADS = 1 << 1 | 1 << 7 | 1 << 8;
    private static final int MOST_AT_ONCE = 64;

    private NetworkRelay() {}

    /// Runs until its standard input ends.
    /// @param arguments a tap of this network namespace, which may be moved to another one once a line was written
    /// @throws IOException when standard input is broken
    public static void main(String[] arguments) throws IOException {
        HostPlatform host = new LinuxPlatform();
        try (Arena arena = Arena.ofShared();
                NetworkLink tap = new TapNetwork().open(options("tap-name=" + arguments[0]), host);
                NetworkLink network = new UserNetwork().open(options("user,host-access"), host);
                LoopThread out = loop("out", host);
                LoopThread in = loop("in", host)) {
            tap.agree(GUEST_OFFLOADS);
            network.agree(GUEST_OFFLOADS);
            move(out, tap.queue(0), network.queue(0), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
            move(in, network.queue(0), tap.queue(0), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
            out.start();
            in.start();
            System.out.println("ready");
            while (System.in.read() >= 0) {
                continue;
            }
        }
    }

    private static LoopThread loop(String name, HostPlatform host) {
        return new LoopThread(name, host, failure -> {
            throw new IllegalStateException(failure);
        });
    }

    private static void move(LoopThread loop, NetworkQueue from, NetworkQueue to, MemorySegment frame) {
        loop.watch(from.readiness(), Poller.READABLE, ready -> {
            for (int i = 0; i < MOST_AT_ONCE; i++) {
                int lengthBytes = from.receive(frame);
                if (lengthBytes <= 0) {
                    return;
                }
                to.send(frame, lengthBytes);
            }
        });
    }

    private static NetworkOptions options(String text) {
        return new ConfigurationBuilder(java.util.List.of(NetworkOptions.OPTION)).text(NetworkOptions.OPTION, text).build()
                .all(NetworkOptions.OPTION).getFirst().value();
    }
}
