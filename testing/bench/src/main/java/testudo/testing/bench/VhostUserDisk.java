package testudo.testing.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.SharedMemory;
import testudo.spi.virtio.VirtioFeature;

/// A vhost-user-blk backend in a process of its own, with one queue.
final class VhostUserDisk implements BlockTarget {
    private static final int GET_FEATURES = 1;
    private static final int SET_FEATURES = 2;
    private static final int SET_OWNER = 3;
    private static final int SET_MEM_TABLE = 5;
    private static final int SET_VRING_NUM = 8;
    private static final int SET_VRING_ADDR = 9;
    private static final int SET_VRING_BASE = 10;
    private static final int SET_VRING_KICK = 12;
    private static final int SET_VRING_CALL = 13;
    private static final int GET_PROTOCOL_FEATURES = 15;
    private static final int SET_PROTOCOL_FEATURES = 16;
    private static final int SET_VRING_ENABLE = 18;
    private static final long PROTOCOL_FEATURES = 1L << 30;
    private static final long PROTOCOL_CONFIG = 1L << 9;
    /// Where guest memory is in the frontend, as far as the backend is told; any number does.
    private static final long USER_ADDRESS = 1L << 40;
    private static final long START_SECONDS = 20;

    private final HostPlatform host;
    private final Process backend;
    private final SharedMemory ram;
    private final HostEvent kick;
    private final HostEvent call;
    private final VhostUserSocket socket;

    /// Starts a back-end and connects to it.
    /// @param name of its socket and log
    /// @param command its command line, for the path of its socket
    /// @param folder gets its socket and log
    /// @param host the platform
    private VhostUserDisk(String name, Function<Path, List<String>> command, Path folder, HostPlatform host) throws IOException {
        this.host = host;
        Path path = folder.resolve(name + ".sock");
        Path log = folder.resolve(name + ".log");
        Files.deleteIfExists(path);
        backend = new ProcessBuilder(command.apply(path)).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        ram = host.memory().create("bench", RAM_BYTES);
        kick = host.events().newEvent();
        call = host.events().newEvent();
        awaitListener(path, log);
        socket = new VhostUserSocket(path, host);
        bringUp();
    }

    /// `qemu-storage-daemon`.
    /// @param program its path
    static VhostUserDisk storageDaemon(Path program, TestudoDisk.Image image, Path folder, HostPlatform host) throws IOException {
        String engine = image.executor().equals("uring") ? "io_uring" : "threads";
        return new VhostUserDisk("storage-daemon", socket -> List.of(program.toString(),
                "--blockdev", "driver=file,node-name=disk,filename=%s,locking=off,aio=%s,cache.direct=%s".formatted(
                        image.path(), engine, image.direct() ? "on" : "off"),
                "--export",
                "type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues=1,logical-block-size=%d,addr.type=unix,addr.path=%s"
                        .formatted(image.direct() ? BlockDriver.BLOCK_BYTES : 512, socket)),
                folder, host);
    }

    /// Our device in a process of its own: what differs from [TestudoDisk] is the border.
    /// @param program the launcher of the runtime image
    static VhostUserDisk testudo(Path program, TestudoDisk.Image image, Path folder, HostPlatform host) throws IOException {
        return new VhostUserDisk(
                "testudo-device",
                socket -> List.of(program.toString(), "device", "block", "--socket-path", socket.toString(), "--block", image.option()),
                folder, host);
    }

    /// A back-end says nothing when it listens; the path appears.
    private void awaitListener(Path path, Path log) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        try {
            while (!Files.exists(path)) {
                if (backend.waitFor(5, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
                    backend.destroyForcibly();
                    throw new IOException("the back-end did not start: " + Files.readString(log).strip());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void bringUp() throws IOException {
        long wanted = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | FLUSH;
        long offered = socket.ask(GET_FEATURES);
        if ((wanted & ~offered) != 0) {
            throw new IOException("the backend offers features 0x%x, not all of 0x%x".formatted(offered, wanted));
        }
        if ((offered & PROTOCOL_FEATURES) != 0) {
            socket.number(SET_PROTOCOL_FEATURES, socket.ask(GET_PROTOCOL_FEATURES) & PROTOCOL_CONFIG);
        }
        socket.plain(SET_OWNER);
        socket.number(SET_FEATURES, wanted | (offered & PROTOCOL_FEATURES));
        socket.numbers(SET_MEM_TABLE, ram, 1, RAM_GPA, RAM_BYTES, USER_ADDRESS, 0);
        socket.queue(SET_VRING_NUM, 0, GuestRing.SIZE);
        socket.queue(SET_VRING_BASE, 0, 0);
        socket.numbers(SET_VRING_ADDR, null, 0, USER_ADDRESS + GuestRing.DESCRIPTORS_AT, USER_ADDRESS + GuestRing.USED_AT,
                USER_ADDRESS + GuestRing.AVAIL_AT, 0);
        socket.handle(SET_VRING_CALL, 0, call);
        socket.handle(SET_VRING_KICK, 0, kick);
        socket.queue(SET_VRING_ENABLE, 0, 1);
    }

    @Override
    public MemorySegment ram() {
        return ram.bytes();
    }

    @Override
    public HostEvent kick() {
        return kick;
    }

    @Override
    public HostEvent call() {
        return call;
    }

    @Override
    public HostEvents events() {
        return host.events();
    }

    @Override
    public long processorNanos() throws IOException {
        return Programs.processorNanos(backend.pid());
    }

    @Override
    public void close() {
        socket.close();
        backend.destroy();
        boolean interrupted = false;
        while (backend.isAlive()) {
            try {
                backend.waitFor();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        kick.close();
        call.close();
        ram.close();
    }
}
