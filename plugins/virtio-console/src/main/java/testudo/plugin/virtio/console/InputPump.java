package testudo.plugin.virtio.console;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialPort;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves input from the host to the guest. When the guest has no room, the host side is not asked for more.
final class InputPump implements AutoCloseable {
    private final SerialPort port;
    private final MemorySegment buffer;
    private final DescriptorChain chain = new DescriptorChain();
    private final EventLoop.@Nullable Watch watch;
    private @Nullable Virtqueue queue;
    private int first;
    private int end;
    private boolean ended;

    /// Watches the port's input, paused.
    /// @param buffer for what has been read ahead
    InputPump(SerialPort port, MemorySegment buffer, EventLoop loop) {
        this.port = port;
        this.buffer = buffer;
        watch = port.input().map(source -> loop.watch(source, 0, ready -> pump())).orElse(null);
    }

    /// The guest has buffers, or may have some.
    void start(Virtqueue receive) {
        queue = receive;
        pump();
    }

    /// The guest takes no more input; what was read ahead is kept.
    void stop() {
        queue = null;
        interest(0);
    }

    private void pump() {
        Virtqueue receive = queue;
        if (watch == null || receive == null) {
            return;
        }
        for (int served = 0; served < receive.size(); served++) {
            if (first == end && !fill()) {
                interest(ended ? 0 : Poller.READABLE);
                return;
            }
            if (!receive.next(chain)) {
                // The kick for the next buffer goes on.
                interest(0);
                return;
            }
            int written = (int) chain.writable().write(buffer, first, end - first);
            first += written;
            receive.complete(chain, written);
        }
        // More may be left in the buffer although the source is quiet: readiness of the source or the next kick goes on.
        interest(ended ? 0 : Poller.READABLE);
    }

    private boolean fill() {
        int got = ended ? -1 : port.read(buffer, 0, (int) buffer.byteSize());
        ended = got < 0;
        first = 0;
        end = Math.max(got, 0);
        return end > 0;
    }

    private void interest(int mask) {
        if (watch != null) {
            watch.interest(mask);
        }
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.cancel();
        }
    }
}
