package testudo.plugin.virtio.console;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialPort;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves input from the host to the guest. When the guest has no room, the host side is not asked for more.
final class InputPump implements AutoCloseable {
    private final SerialPort port;
    private final MemorySegment buffer;
    private final DescriptorChain chain = new DescriptorChain();
    private final EventLoop loop;
    private final Optional<Pollable> source;
    private final EventLoop.Turn turn;
    private EventLoop.@Nullable Watch watch;
    private int interest;
    private @Nullable Virtqueue queue;
    private int first;
    private int end;
    private boolean ended;

    /// Starts without watching the port's input.
    /// @param buffer for what has been read ahead
    InputPump(SerialPort port, MemorySegment buffer, EventLoop loop) {
        this.port = port;
        this.buffer = buffer;
        this.loop = loop;
        source = port.input();
        turn = loop.turn(this::pump);
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

    /// What was read from the port and not given to the driver. While stopped.
    byte[] pending() {
        return buffer.asSlice(first, end - first).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Gives the driver this before anything else. While stopped.
    void pending(byte[] bytes) {
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        first = 0;
        end = bytes.length;
    }

    private void pump() {
        Virtqueue receive = queue;
        if (source.isEmpty() || receive == null) {
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
        if (first == end) {
            interest(ended ? 0 : Poller.READABLE);
        } else {
            // The source may be quiet now, and the driver, who was not asked to, need not kick: others get their turn, then this goes on.
            interest(0);
            turn.again();
        }
    }

    private boolean fill() {
        int got = ended ? -1 : port.read(buffer, 0, (int) buffer.byteSize());
        ended = got < 0;
        first = 0;
        end = Math.max(got, 0);
        return end > 0;
    }

    /// Waits for the source, or not. The watch that waits for nothing is kept until the source wakes it nevertheless.
    private void interest(int mask) {
        interest = mask;
        if (watch != null) {
            watch.interest(mask);
        } else if (mask != 0) {
            source.ifPresent(input -> watch = loop.watch(input, mask, ready -> woken()));
        }
    }

    private void woken() {
        if (interest != 0) {
            pump();
        } else {
            // A hang-up is reported whatever is asked for: without this the loop would spin.
            unwatch();
        }
    }

    @Override
    public void close() {
        queue = null;
        unwatch();
    }

    private void unwatch() {
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }
}
