package testudo.plugin.serial.backends;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// Output to a stream that may be slow: what it does not take at once waits in a ring of 64 KiB; what does not fit is dropped and counted.
///
/// While output waits, a timer tries again: the stream may have a peer that is not there yet, or be watched for input already.
final class BufferedOutput implements PortOutput {
    static final int CAPACITY_BYTES = 64 * 1024;
    /// A pipe that is writable takes this much without blocking (pipe(7), `PIPE_BUF`).
    static final int STEP_BYTES = 4096;
    private static final long RETRY_NANOS = 10_000_000;
    private static final Logger LOG = LoggerFactory.getLogger(BufferedOutput.class);

    private final ByteStream stream;
    private final String name;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment ring = arena.allocate(CAPACITY_BYTES);
    private final HostTimer timer;
    private final EventLoop.Watch watch;
    private int first;
    private int count;
    private boolean waiting;
    private long droppedBytes;
    private boolean broken;
    private boolean closed;

    /// Starts with an empty buffer.
    /// @param name for logs
    BufferedOutput(String name, ByteStream stream, HostPlatform host, EventLoop loop) {
        this.name = name;
        this.stream = stream;
        timer = host.events().newTimer();
        watch = loop.watch(timer, Poller.READABLE, ready -> retry());
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            long taken = add(from, offset + done, lengthBytes - done);
            done += taken;
            if (!waiting) {
                flush();
            }
            if (taken == 0 && count == CAPACITY_BYTES) {
                drop(lengthBytes - done);
                return;
            }
        }
    }

    /// How much was dropped so far.
    long droppedBytes() {
        return droppedBytes;
    }

    private long add(MemorySegment from, long offset, long lengthBytes) {
        long total = Math.min(lengthBytes, CAPACITY_BYTES - count);
        for (long done = 0; done < total;) {
            int at = (first + count) % CAPACITY_BYTES;
            int step = (int) Math.min(total - done, CAPACITY_BYTES - at);
            MemorySegment.copy(from, offset + done, ring, at, step);
            count += step;
            done += step;
        }
        return total;
    }

    private void drop(long bytes) {
        if (droppedBytes == 0) {
            LOG.warn("{}: the host does not take output fast enough; the rest is dropped", name);
        }
        droppedBytes += bytes;
    }

    private void retry() {
        timer.consume();
        waiting = false;
        flush();
    }

    /// Hands on as much as the stream takes now.
    private void flush() {
        while (count > 0) {
            int step = Math.min(Math.min(count, STEP_BYTES), CAPACITY_BYTES - first);
            long written = broken ? step : stream.write(ring, first, step);
            if (written == ByteStream.AGAIN || written == 0) {
                waiting = true;
                timer.arm(RETRY_NANOS, 0);
                return;
            }
            if (written < 0) {
                LOG.warn("{}: output failed with errno {}; it is dropped from now on", name, -written);
                broken = true;
                written = step;
            }
            first = (first + (int) written) % CAPACITY_BYTES;
            count -= (int) written;
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        flush();
        closed = true;
        watch.cancel();
        timer.close();
        stream.close();
        arena.close();
    }
}
