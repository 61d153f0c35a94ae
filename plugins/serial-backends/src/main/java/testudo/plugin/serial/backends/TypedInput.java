package testudo.plugin.serial.backends;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// What a user types at a terminal. It is read at once, whether the guest listens or not, so that the keys that end the machine always work.
///
/// What the guest has not taken yet waits in a small buffer; what is typed when that is full is lost, as at any terminal. The loop's handler and
/// [#read] exclude each other: both hold the device.
final class TypedInput implements ByteStream {
    private static final int STEP_BYTES = 256;
    private static final int AHEAD_BYTES = 4096;

    private final ByteStream terminal;
    private final EscapeFilter filter;
    private final HostEvent available;
    private final EventLoop.Watch watch;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment raw = arena.allocate(STEP_BYTES);
    private final MemorySegment filtered = arena.allocate(EscapeFilter.mostBytes(STEP_BYTES));
    private final MemorySegment ahead = arena.allocate(AHEAD_BYTES);
    private int count;
    private boolean ended;

    /// Starts reading.
    /// @param terminal closed with this
    /// @param keyboard what the terminal is watched by
    /// @param filter takes the monitor's commands out
    TypedInput(ByteStream terminal, Pollable keyboard, EscapeFilter filter, HostPlatform host, EventLoop loop) {
        this.terminal = terminal;
        this.filter = filter;
        available = host.events().newEvent();
        watch = loop.watch(keyboard, Poller.READABLE, ready -> take());
    }

    private void take() {
        long got = terminal.read(raw, 0, STEP_BYTES);
        if (got == AGAIN) {
            return;
        }
        if (got <= 0) {
            ended = true;
            watch.cancel();
            available.signal(); // stays: the reader is to find the end
            return;
        }
        int length = Math.min(filter.filter(raw, (int) got, filtered), AHEAD_BYTES - count);
        if (length > 0) {
            MemorySegment.copy(filtered, 0, ahead, count, length);
            count += length;
            available.signal();
        }
    }

    @Override
    public long read(MemorySegment to, long offset, long lengthBytes) {
        if (count == 0) {
            return ended ? 0 : AGAIN;
        }
        int length = (int) Math.min(lengthBytes, count);
        MemorySegment.copy(ahead, 0, to, offset, length);
        count -= length;
        MemorySegment.copy(ahead, length, ahead, 0, count);
        if (count == 0 && !ended) {
            available.consume();
        }
        return length;
    }

    @Override
    public long write(MemorySegment from, long offset, long lengthBytes) {
        return terminal.write(from, offset, lengthBytes);
    }

    @Override
    public Optional<Pollable> pollable() {
        return Optional.of(available);
    }

    @Override
    public void close() {
        watch.cancel();
        available.close();
        terminal.close();
        arena.close();
    }
}
