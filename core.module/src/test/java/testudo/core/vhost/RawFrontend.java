package testudo.core.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;
import testudo.spi.host.SharedMemory;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;

/// A front-end that says whatever a test wants, to a back-end with a [LoopbackDevice] that runs on a thread of its own.
final class RawFrontend implements AutoCloseable {
    static final HostPlatform HOST = ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();
    static final HandlePassing PASSING = HOST.handlePassing().orElseThrow();
    static final long RAM_BYTES = 1 << 20;
    static final long RAM_GPA = 0x10_0000;
    static final long USER_ADDRESS = 0x7F00_0000_0000L;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    final LoopbackDevice device = new LoopbackDevice();
    final SharedMemory memory = HOST.memory().create("guest", RAM_BYTES);
    final GuestRam ram = new GuestRam(RAM_GPA, memory.bytes());
    final HostEvent kick = HOST.events().newEvent();
    final HostEvent call = HOST.events().newEvent();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment message = arena.allocate(8192);
    private final VhostUserBackend backend = new VhostUserBackend("loopback0", HOST, threads -> device);
    private LocalSocket socket;
    private final Semaphore ended = new Semaphore(0);
    private final List<HostHandle> received = new ArrayList<>();

    RawFrontend() {
        backend.whenOver(failed -> ended.release());
        connect();
    }

    /// Connects anew.
    void connect() {
        if (socket != null) {
            socket.close();
            join();
        }
        List<LocalSocket> pair = PASSING.pair(Kind.STREAM);
        socket = pair.get(0);
        backend.begin(pair.get(1));
    }

    private void join() {
        try {
            if (!ended.tryAcquire(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
                throw new AssertionError("the back-end still serves");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static long openDescriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RawFrontend putInt(int offset, int value) {
        message.set(INT, 12 + offset, value);
        return this;
    }

    RawFrontend putLong(int offset, long value) {
        message.set(LONG, 12 + offset, value);
        return this;
    }

    void tell(int request, int payload, HostHandle... handles) {
        tellRaw(request, Request.VERSION, payload, payload, handles);
    }

    void tellRaw(int request, int flags, int said, int payload, HostHandle... handles) {
        message.set(INT, 0, request);
        message.set(INT, 4, flags);
        message.set(INT, 8, said);
        PASSING.send(socket, message, 0, 12 + payload, List.of(handles));
    }

    void sendBytes(MemorySegment bytes, List<? extends HostHandle> handles) {
        PASSING.send(socket, bytes, 0, bytes.byteSize(), handles);
    }

    /// Waits for an answer.
    /// @return its payload
    MemorySegment answer(int request) {
        long header = receive(4096, 12);
        if (header != 12 || message.get(INT, 4096) != request || message.get(INT, 4100) != 5) {
            throw new AssertionError("not an answer to %d: %d bytes, %d %d".formatted(
                    request, header, message.get(INT, 4096), message.get(INT, 4100)));
        }
        int payload = message.get(INT, 4104);
        if (payload > 0) {
            receive(4108, payload);
        }
        return message.asSlice(4108, payload);
    }

    long ask(int request) {
        tell(request, 0);
        return answer(request).get(LONG, 0);
    }

    /// Asks for memory for what is under way, as a front-end that keeps it.
    /// @param payload size of the message: 20 as specified, or 24 as C programs have it
    /// @return what came with the answer, which is as long; the caller closes it
    HostHandle askInflight(int queues, int queueSize, int payload) {
        putLong(0, 0).putLong(8, 0).putInt(16, queues | queueSize << 16).putInt(20, 0).tell(Request.GET_INFLIGHT_FD, payload);
        MemorySegment answer = answer(Request.GET_INFLIGHT_FD);
        assertEquals(payload, answer.byteSize());
        putLong(0, answer.get(LONG, 0)).putLong(8, answer.get(LONG, 8)).putInt(16, answer.get(INT, 16));
        return received.removeFirst();
    }

    int stopRing(int index) {
        putInt(0, index).putInt(4, 0).tell(Request.GET_VRING_BASE, 8);
        return answer(Request.GET_VRING_BASE).get(INT, 4);
    }

    private long receive(long at, long length) {
        long count = PASSING.receive(socket, message, at, length, received);
        while (count == LocalSocket.AGAIN) {
            await(socket);
            count = PASSING.receive(socket, message, at, length, received);
        }
        return count;
    }

    /// Whether the back-end has closed the connection; answers to what was said before are skipped.
    boolean isSentAway() {
        tell(Request.GET_FEATURES, 0);
        while (receive(4096, 12) == 12) {
            int payload = message.get(INT, 4104);
            if (payload != 0 && receive(4108, payload) != payload) {
                return true;
            }
            if (message.get(INT, 4096) == Request.GET_FEATURES) {
                return false;
            }
        }
        return true;
    }

    static void await(Pollable source) {
        try (Poller poller = HOST.events().newPoller()) {
            poller.add(source, 0, Poller.READABLE);
            if (poller.await(PATIENCE_NANOS) == 0) {
                throw new AssertionError("nothing happened");
            }
        }
    }

    void negotiate(long features, long protocolFeatures) {
        tell(Request.SET_OWNER, 0);
        putLong(0, protocolFeatures).tell(Request.SET_PROTOCOL_FEATURES, 8);
        putLong(0, features).tell(Request.SET_FEATURES, 8);
        putInt(0, 1).putInt(4, 0);
        region(8).tell(Request.SET_MEM_TABLE, 40, memory);
    }

    RawFrontend region(int at) {
        return putLong(at, RAM_GPA).putLong(at + 8, RAM_BYTES).putLong(at + 16, USER_ADDRESS).putLong(at + 24, 0);
    }

    void startRing(int index, FakeDriver driver, int position, boolean enable) {
        putInt(0, index).putInt(4, driver.size()).tell(Request.SET_VRING_NUM, 8);
        putInt(0, index).putInt(4, position).tell(Request.SET_VRING_BASE, 8);
        addresses(index, driver);
        putLong(0, index).tell(Request.SET_VRING_CALL, 8, call);
        putLong(0, index).tell(Request.SET_VRING_KICK, 8, kick);
        if (enable) {
            putInt(0, index).putInt(4, 1).tell(Request.SET_VRING_ENABLE, 8);
        }
    }

    void addresses(int index, FakeDriver driver) {
        long shift = USER_ADDRESS - RAM_GPA;
        putInt(0, index).putInt(4, 0);
        putLong(8, driver.descriptors() + shift);
        putLong(16, driver.deviceArea() + shift);
        putLong(24, driver.driverArea() + shift);
        putLong(32, 0).tell(Request.SET_VRING_ADDR, 40);
    }

    /// One request through a ring.
    /// @return what came back
    long roundTrip(FakeDriver driver, long value) {
        long from = ram.gpa() + RAM_BYTES - 64;
        ram.memory().writeLong(from, value);
        ram.memory().writeLong(from + 8, 0);
        driver.wantInterrupt();
        driver.begin();
        driver.readable(from, 8);
        driver.writable(from + 8, 8);
        int id = driver.offer();
        kick.signal();
        int used = driver.poll();
        while (used < 0) {
            await(call);
            call.consume();
            used = driver.poll();
        }
        if (used != id) {
            throw new AssertionError("used %d instead of %d".formatted(used, id));
        }
        return ram.memory().readLong(from + 8);
    }

    @Override
    public void close() {
        socket.close();
        join();
        backend.close();
        kick.close();
        call.close();
        memory.close();
        arena.close();
    }
}
