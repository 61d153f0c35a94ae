package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.RunResult;
import testudo.spi.VmmException;
import testudo.testing.machine.GuestPci.Mechanism;
import testudo.testing.machine.GuestQueue.Buffer;

/// A guest that uses a disk of another process: QEMU's storage daemon, where it is installed.
@Timeout(120)
class VhostUserTest {
    private static final long FLUSH = 1L << 9;
    private static final long RING = 0x40_0000;
    private static final long HEADER = 0x60_0000;
    private static final long DATA = 0x61_0000;
    private static final long STATUS = 0x60_1000;
    private static final int SECTOR = 512;
    private static final int SECTORS = 1024;

    @TempDir Path directory;

    private Path image;
    private Path socket;
    private Process daemon;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        byte[] content = new byte[SECTORS * SECTOR];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / SECTOR * 7 + i);
        }
        image = Files.write(directory.resolve("disk.img"), content);
        socket = directory.resolve("disk.sock");
        daemon = startDaemon();
    }

    private Process startDaemon() throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(
                    "qemu-storage-daemon",
                    "--blockdev", "driver=file,node-name=disk,filename=" + image,
                    "--export", "type=vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path=" + socket)
                    .redirectErrorStream(true).redirectOutput(directory.resolve("daemon.log").toFile()).start();
        } catch (IOException missing) {
            return Assumptions.abort("needs qemu-storage-daemon");
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (daemon != null) {
            daemon.destroyForcibly().waitFor();
        }
    }

    private TestMachine machine() {
        return new TestMachine(directory)
                .option("vhost-user", "block,socket=" + socket + ",max-queue-size=256")
                .option("vhost-user-connect-timeout-ms", "20000");
    }

    private static Buffer[] chain(GuestCpu cpu, int type, long sector, int lengthBytes, int slot) {
        long header = HEADER + 16L * slot;
        cpu.memory().writeInt(header, type);
        cpu.memory().writeInt(header + 4, 0);
        cpu.memory().writeLong(header + 8, sector);
        cpu.memory().write(STATUS + slot, new byte[]{-1});
        return new Buffer[]{
                new Buffer(header, 16, false), new Buffer(DATA + 4096L * slot, lengthBytes, type == 0), new Buffer(STATUS + slot, 1, true)};
    }

    private static GuestVirtio block(GuestCpu cpu) throws InterruptedException {
        GuestVirtio block = new GuestVirtio(cpu, new GuestPci(cpu, Mechanism.ECAM), GuestVirtio.BLOCK);
        block.negotiate(GuestVirtio.VERSION_1 | FLUSH);
        return block;
    }

    @Test
    void readsAndWritesReachTheFile() throws IOException {
        byte[] expected = Files.readAllBytes(image);
        byte[] written = new byte[2048];
        Arrays.fill(written, (byte) 0x5A);
        RunResult result = machine().run(cpu -> {
            for (int round = 0; round < 3; round++) { // the device is reset and set up again
                GuestVirtio block = block(cpu);
                GuestQueue queue = block.queue(0, 16, RING);
                block.ready();
                assertEquals(SECTORS, block.config(0, 8), "capacity");
                assertEquals(4096 + 1, queue.request(chain(cpu, 0, 8, 4096, 0)));
                assertEquals(0, cpu.memory().read(STATUS, 1)[0]);
                assertArrayEquals(Arrays.copyOfRange(expected, 8 * SECTOR, 16 * SECTOR), cpu.memory().read(DATA, 4096));
                cpu.memory().write(DATA + 4096, written);
                queue.request(chain(cpu, 1, 100, written.length, 1));
                assertEquals(0, cpu.memory().read(STATUS + 1, 1)[0]);
            }
            Guest.powerOff(cpu);
        });
        assertEquals(RunResult.EXIT, result);
        System.arraycopy(written, 0, expected, 100 * SECTOR, written.length);
        assertArrayEquals(expected, Files.readAllBytes(image));
    }

    @Test
    void aBackEndThatWasReplacedGoesOn() throws IOException {
        byte[] expected = Files.readAllBytes(image);
        machine().run(cpu -> {
            GuestVirtio block = block(cpu);
            GuestQueue queue = block.queue(0, 16, RING);
            block.ready();
            for (int i = 0; i < 5; i++) {
                assertEquals(SECTOR + 1, queue.request(chain(cpu, 0, i, SECTOR, 0)));
                assertArrayEquals(Arrays.copyOfRange(expected, i * SECTOR, (i + 1) * SECTOR), cpu.memory().read(DATA, SECTOR));
                replaceDaemon();
            }
            assertEquals(SECTOR + 1, queue.request(chain(cpu, 0, 9, SECTOR, 0)));
            Guest.powerOff(cpu);
        });
    }

    @Test
    void aReplacementThatLacksFeaturesIsNotTheLast() throws IOException {
        machine().run(cpu -> {
            GuestVirtio block = block(cpu);
            GuestQueue queue = block.queue(0, 16, RING);
            block.ready();
            assertEquals(SECTOR + 1, queue.request(chain(cpu, 0, 1, SECTOR, 0)));
            daemon.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
            try {
                Files.deleteIfExists(socket);
                poorBackEnd();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            replaceDaemon();
            assertEquals(SECTOR + 1, queue.request(chain(cpu, 0, 2, SECTOR, 0)));
            Guest.powerOff(cpu);
        });
    }

    /// A back-end that offers VERSION_1 and nothing else; returns when the front-end has left it.
    private void poorBackEnd() throws IOException {
        try (var listener = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            listener.bind(java.net.UnixDomainSocketAddress.of(socket));
            try (var connection = listener.accept()) {
                ByteBuffer message = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
                while (message.hasRemaining() && connection.read(message) >= 0) { // SET_OWNER, GET_FEATURES
                }
                assertEquals(1, message.getInt(12), "GET_FEATURES");
                message.clear().putInt(1).putInt(5).putInt(Long.BYTES).putLong(GuestVirtio.VERSION_1).flip();
                connection.write(message);
                assertEquals(-1, connection.read(message.clear()));
            }
        }
    }

    private void replaceDaemon() throws InterruptedException {
        daemon.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        try {
            Files.deleteIfExists(socket);
            daemon = startDaemon();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void itGoesWhereTheUserWantsIt() {
        new TestMachine(directory)
                .option("vhost-user", "block,socket=" + socket + ",pci-address=00:15.0")
                .option("vhost-user-connect-timeout-ms", "20000")
                .run(cpu -> {
                    assertEquals(0x15, new GuestPci(cpu, Mechanism.ECAM).find(GuestVirtio.BLOCK));
                    Guest.powerOff(cpu);
                });
    }

    @Test
    void aSocketThatIsNotThereIsNamed() {
        TestMachine machine = new TestMachine(directory).option("vhost-user", "block,socket=" + directory.resolve("none"));
        String message = assertThrows(VmmException.Host.class, () -> machine.run(Guest::powerOff)).getMessage();
        assertTrue(message.contains("none: ENOENT"), message);
    }

    @Test
    void whatIsNoBackEndIsRefused() throws IOException, InterruptedException {
        Path other = directory.resolve("other");
        try (var listener = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            listener.bind(java.net.UnixDomainSocketAddress.of(other));
            Thread hangsUp = Thread.ofPlatform().start(() -> {
                try {
                    listener.accept().close();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            TestMachine machine = new TestMachine(directory).option("vhost-user", "block,socket=" + other);
            assertThrows(VmmException.Host.class, () -> machine.run(Guest::powerOff));
            hangsUp.join();
        }
    }
}
