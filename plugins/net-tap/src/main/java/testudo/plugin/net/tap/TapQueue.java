package testudo.plugin.net.tap;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.HostFile;
import testudo.spi.host.Pollable;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkQueue;

/// One open descriptor of a tap or macvtap: a queue pair, each frame with its header in one system call.
final class TapQueue implements NetworkQueue, AutoCloseable {
    private final HostFile file;
    private boolean attached = true;

    /// Takes ownership of a file that is a tap's.
    TapQueue(HostFile file) {
        this.file = file;
    }

    int descriptor() {
        return OpenDescriptor.of(file);
    }

    HostFile file() {
        return file;
    }

    /// Has frames start with the header of VIRTIO 1.
    void useHeader() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lengthBytes = arena.allocateFrom(JAVA_INT, NetworkLink.HEADER_BYTES);
            Errno.check(
                    Ioctl.call(descriptor(), TunRequest.TUNSETVNETHDRSZ, lengthBytes.address()),
                    "tap: cannot set the length of frame headers");
        }
    }

    /// @param offloads a mask of `TUN_F_…`
    /// @return 0 or a negative errno
    long offloads(int offloads) {
        return Ioctl.call(descriptor(), TunRequest.TUNSETOFFLOAD, offloads);
    }

    /// Lets the tap spread frames over this queue, or not. A descriptor that is not attached is neither read nor waited for.
    void attach(boolean on) {
        if (on == attached) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            Ifreq request = new Ifreq(arena, "");
            request.flags(on ? TunRequest.IFF_ATTACH_QUEUE : TunRequest.IFF_DETACH_QUEUE);
            Errno.check(
                    Ioctl.call(descriptor(), TunRequest.TUNSETQUEUE, request.address()), "tap: cannot attach or detach a queue");
        }
        attached = on;
    }

    @Override
    public Pollable readiness() {
        return file;
    }

    @Override
    public int receive(MemorySegment to) {
        long bytes = file.read(-1, to, 0, to.byteSize());
        return bytes == -Errno.EAGAIN ? 0 : (int) bytes;
    }

    @Override
    public boolean send(MemorySegment frame, int lengthBytes) {
        return file.write(-1, frame, 0, lengthBytes) == lengthBytes;
    }

    @Override
    public void close() {
        file.close();
    }
}
