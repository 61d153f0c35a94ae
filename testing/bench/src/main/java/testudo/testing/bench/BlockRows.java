package testudo.testing.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.VmmException;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.host.HostPlatform;

/// Disks, natively: the same driver against our device and against the peer's backend, the same file under both.
final class BlockRows {
    private static final String PEER = "qemu-storage-daemon";
    private static final String OWN_PROCESS = "testudo, own process";
    private static final int WARM_UP_FACTOR = 2;
    private static final List<BlockLoad> LOADS = List.of(
            new BlockLoad(false, true, 4096, 1), new BlockLoad(true, true, 4096, 1),
            new BlockLoad(false, true, 4096, 32), new BlockLoad(true, true, 4096, 32),
            new BlockLoad(false, false, 1 << 20, 4), new BlockLoad(true, false, 1 << 20, 4));

    private final Settings settings;
    private final Measurements measurements;
    private final HostPlatform host = new LinuxPlatform();

    BlockRows(Settings settings, Measurements measurements) {
        this.settings = settings;
        this.measurements = measurements;
    }

    /// A disk with its driver.
    private record Subject(BlockTarget target, BlockDriver driver) implements AutoCloseable {
        static Subject of(BlockTarget target, long diskBytes) {
            return new Subject(target, new BlockDriver(target, new GuestRing(target.ram()), diskBytes));
        }

        @Override
        public void close() {
            driver.close();
            target.close();
        }
    }

    /// Measures every load on both, in turns.
    /// @param peer the storage daemon's path; not there: only ours is measured
    void run(Path peer) throws IOException {
        Path disk = settings.work().resolve("disk.raw");
        fill(disk);
        try {
            for (boolean direct : new boolean[]{false, true}) {
                for (String executor : List.of("uring", "epoll")) {
                    compare(new TestudoDisk.Image(disk, direct, executor), peer);
                }
            }
        } finally {
            Files.delete(disk);
        }
    }

    private void compare(TestudoDisk.Image image, Path peer) throws IOException {
        Map<String, Subject> subjects = new LinkedHashMap<>();
        try {
            open(subjects, image, peer);
            String how = "%s, %s".formatted(image.direct() ? "O_DIRECT" : "page cache", image.executor().equals("uring")
                    ? "io_uring"
                    : "threads");
            for (BlockLoad load : LOADS) {
                for (Subject subject : subjects.values()) {
                    subject.driver().run(load, (long) WARM_UP_FACTOR * settings.millis());
                }
                for (int round = 0; round < settings.rounds(); round++) {
                    measure(subjects, load, how, round);
                }
            }
        } finally {
            subjects.values().forEach(Subject::close);
        }
    }

    private void measure(Map<String, Subject> subjects, BlockLoad load, String how, int round) throws IOException {
        boolean bulk = load.requestBytes() == BlockDriver.MAX_REQUEST_BYTES;
        Row rate = new Row("block, " + how, load.phrase(), bulk ? "MiB/s" : "thousand/s", Row.Better.HIGHER);
        Row processor = new Row("block, " + how, load.phrase() + ": device's processor time for a request", "µs", Row.Better.LOWER);
        // Who comes first changes from round to round: the second finds the device's caches and the host's dirty pages otherwise.
        List<String> names = round % 2 == 0 ? List.copyOf(subjects.keySet()) : List.copyOf(subjects.keySet()).reversed();
        for (String name : names) {
            Subject subject = subjects.get(name);
            if (subject != null) {
                long before = subject.target().processorNanos();
                BlockDriver.Result result = subject.driver().run(load, settings.millis());
                long spent = subject.target().processorNanos() - before;
                measurements.add(rate, name, bulk ? result.perSecond() : result.perSecond() / 1000);
                measurements.add(processor, name, spent / 1e3 / result.requests());
                if (load.writes()) {
                    synchronise();
                }
            }
        }
    }

    private void open(Map<String, Subject> subjects, TestudoDisk.Image image, Path peer) throws IOException {
        long diskBytes = Files.size(image.path());
        try {
            if (image.executor().equals("uring")) {
                host.files().newRing(1, RingKind.URING).close(); // refused here rather than on the device's loop
            }
            subjects.put(Measurements.OURS, Subject.of(new TestudoDisk(image, host), diskBytes));
        } catch (VmmException.Host e) {
            measurements.missing(Measurements.OURS + " with " + image.executor(), String.valueOf(e.getMessage()));
        }
        try {
            Path launcher = settings.image().resolve("bin/testudo");
            subjects.put(OWN_PROCESS, Subject.of(VhostUserDisk.testudo(launcher, image, settings.work(), host), diskBytes));
        } catch (IOException e) {
            measurements.missing(OWN_PROCESS + " with " + image.executor(), String.valueOf(e.getMessage()));
        }
        if (!Files.isExecutable(peer)) {
            measurements.missing(PEER, peer + " not found (Debian: apt install qemu-system-common or qemu-utils)");
            return;
        }
        try {
            subjects.put(PEER, Subject.of(VhostUserDisk.storageDaemon(peer, image, settings.work(), host), diskBytes));
        } catch (IOException e) {
            measurements.missing(PEER + " with " + image.executor(), String.valueOf(e.getMessage()));
        }
    }

    /// Writes the file: each block of 4 KiB starts with its number. It stays in the page cache as far as that is large enough.
    private void fill(Path disk) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file = FileChannel.open(disk, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            long block = 0;
            for (int mib = 0; mib < settings.diskMiB(); mib++) {
                for (int at = 0; at < chunk.capacity(); at += BlockDriver.BLOCK_BYTES) {
                    chunk.putLong(at, block++);
                }
                chunk.clear();
                while (chunk.hasRemaining()) {
                    file.write(chunk);
                }
            }
            file.force(true);
        }
    }

    /// Lets no one pay for what another wrote.
    private void synchronise() throws IOException {
        try (FileChannel file = FileChannel.open(settings.work().resolve("disk.raw"), StandardOpenOption.WRITE)) {
            file.force(false);
        }
    }
}
