package testudo.testing.e2e;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One byte stream to a machine or program, over a local socket or pipes. A thread of its own collects what arrives, so every wait has
/// a time limit and the text is still there for a report afterwards.
///
/// Any thread may call; one test at a time reads. Bytes are shown as ISO 8859-1 characters, so none is lost or invented.
final class Port implements AutoCloseable {
    private static final int LIMIT_BYTES = 64 << 20;

    private final String name;
    private final ReadableByteChannel input;
    private final WritableByteChannel output;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private byte[] received = new byte[64 << 10];
    private int receivedBytes;
    private int consumedBytes;
    private String end = "";

    /// Takes over a connected channel and starts to collect.
    Port(String name, SocketChannel channel) {
        this(name, channel, channel);
    }

    /// Takes over a channel for each direction and starts to collect.
    Port(String name, ReadableByteChannel input, WritableByteChannel output) {
        this.name = name;
        this.input = input;
        this.output = output;
        Thread.ofVirtual().name("port-" + name).start(this::collect);
    }

    /// Connects to the socket at `path`, which must be listening.
    static Port connect(String name, Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(path));
        return new Port(name, channel);
    }

    private void collect() {
        ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
        try {
            while (input.read(buffer) >= 0) {
                append(buffer.flip());
                buffer.clear();
            }
            finish("closed by the other side");
        } catch (IOException e) {
            finish(String.valueOf(e));
        }
    }

    private void append(ByteBuffer bytes) throws IOException {
        lock.lock();
        try {
            int count = bytes.remaining();
            if (receivedBytes + count > LIMIT_BYTES) {
                throw new IOException("more than " + LIMIT_BYTES + " bytes arrived");
            }
            if (receivedBytes + count > received.length) {
                received = Arrays.copyOf(received, Math.max(receivedBytes + count, received.length * 2));
            }
            bytes.get(received, receivedBytes, count);
            receivedBytes += count;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void finish(String reason) {
        lock.lock();
        try {
            end = reason;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Sends bytes; blocks while the other side takes none.
    void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            output.write(buffer);
        }
    }

    /// Sends text.
    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Waits until `pattern` occurs in what was not yet consumed, and consumes up to its end.
    ///
    /// @return the match; its group 0 and groups are copies
    /// @throws AssertionError when the time limit passes or the stream ends first
    MatchResult expect(Pattern pattern, Duration limit) throws InterruptedException {
        return await("/" + pattern + "/", limit, () -> {
            Matcher matcher = pattern.matcher(unconsumed());
            if (!matcher.find()) {
                return null;
            }
            consumedBytes += matcher.end();
            return matcher.toMatchResult();
        });
    }

    /// Waits for exactly `count` bytes and consumes them.
    byte[] take(int count, Duration limit) throws InterruptedException {
        return await(count + " bytes", limit, () -> {
            if (receivedBytes - consumedBytes < count) {
                return null;
            }
            consumedBytes += count;
            return Arrays.copyOfRange(received, consumedBytes - count, consumedBytes);
        });
    }

    /// Looks at the stream under the lock; answers `null` while what it looks for is not there.
    private interface Look<T> {
        T now();
    }

    private <T> T await(String what, Duration limit, Look<T> look) throws InterruptedException {
        long remaining = limit.toNanos();
        int seen = -1;
        lock.lock();
        try {
            while (true) {
                T found = seen == receivedBytes ? null : look.now();
                seen = receivedBytes;
                if (found != null) {
                    return found;
                }
                if (!end.isEmpty()) {
                    throw new AssertionError(name + ": " + end + " while waiting for " + what + tail());
                }
                if (remaining <= 0) {
                    throw new AssertionError(name + ": not within " + limit.toSeconds() + " s: " + what + tail());
                }
                remaining = arrived.awaitNanos(remaining);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the other side has closed the stream.
    ///
    /// @return whether it did within the limit
    boolean awaitEnd(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        lock.lock();
        try {
            while (end.isEmpty()) {
                if (!arrived.await(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)
                        && System.nanoTime() - deadline >= 0) {
                    return false;
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private String unconsumed() {
        return new String(received, consumedBytes, receivedBytes - consumedBytes, StandardCharsets.ISO_8859_1);
    }

    /// All that arrived so far.
    String transcript() {
        lock.lock();
        try {
            return new String(received, 0, receivedBytes, StandardCharsets.ISO_8859_1);
        } finally {
            lock.unlock();
        }
    }

    /// How many bytes arrived so far: a place in the transcript.
    int position() {
        lock.lock();
        try {
            return receivedBytes;
        } finally {
            lock.unlock();
        }
    }

    /// Consumes all that arrived so far.
    void skip() {
        lock.lock();
        try {
            consumedBytes = receivedBytes;
        } finally {
            lock.unlock();
        }
    }

    private String tail() {
        return System.lineSeparator() + Report.lastLines(transcript(), 20);
    }

    @Override
    public void close() throws IOException {
        output.close();
        input.close();
    }
}
