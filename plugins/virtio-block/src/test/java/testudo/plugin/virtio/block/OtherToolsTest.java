package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.host.HostFiles.RingKind;

/// What the device wrote is what other programs find in the image, and the other way round.
class OtherToolsTest {
    private static final int DISK_BYTES = 4 << 20;
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int SECTOR = 512;
    private static final int WRITE = 1;
    private static final int FLUSH = 4;
    private static final int DISCARD = 11;
    private static final int HOLE_AT = 1 << 20;
    private static final int HOLE_BYTES = 1 << 20;

    @TempDir private Path folder;

    private Path path;
    private byte[] content;
    private LiveDisk disk;

    /// A program's output and how it ended.
    private record Run(int status, String output) {}

    private static Run run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return abort("needs " + command[0] + ": " + missing.getMessage());
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    @BeforeEach
    void writeTheDisk() throws IOException {
        path = folder.resolve("disk");
        Files.write(path, new byte[DISK_BYTES]);
        content = new byte[DISK_BYTES];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 0, CHUNK_BYTES, (byte) 0xAB);
        disk = RealDisk.start(path, RingKind.AUTO, false, false);
        for (int at = 0; at < DISK_BYTES; at += CHUNK_BYTES) {
            byte[] chunk = Arrays.copyOfRange(content, at, at + CHUNK_BYTES);
            assertEquals(0, disk.call(TestDisk.request(WRITE, at / SECTOR, chunk), 1).status());
        }
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private void punchAndFlush() {
        byte[] range = TestDisk.ranges(HOLE_AT / SECTOR, HOLE_BYTES / SECTOR, 0);
        assertEquals(0, disk.call(TestDisk.request(DISCARD, 0, range), 1).status());
        assertEquals(0, disk.call(TestDisk.request(FLUSH, 0), 1).status());
        Arrays.fill(content, HOLE_AT, HOLE_AT + HOLE_BYTES, (byte) 0);
    }

    private Run qemuIo(String command) throws IOException, InterruptedException {
        return run("qemu-io", "-r", "-U", "-f", "raw", "-c", command, path.toString());
    }

    @Test
    void qemuIoReadsWhatTheDriverWrote() throws Exception {
        punchAndFlush();
        Run pattern = qemuIo("read -P 0xab 0 64k");
        assertEquals(0, pattern.status(), pattern.output());
        Run hole = qemuIo("read -P 0 1M 1M");
        assertEquals(0, hole.status(), hole.output());
        Run wrong = qemuIo("read -P 0xac 0 64k");
        assertTrue(wrong.status() != 0 || wrong.output().contains("verification failed"), wrong.output());
    }

    @Test
    void theWholeImageIsTheSameForCmp() throws Exception {
        punchAndFlush();
        Path expected = folder.resolve("expected");
        Files.write(expected, content);
        Run same = run("cmp", expected.toString(), path.toString());
        assertEquals(0, same.status(), same.output());
        content[DISK_BYTES - 1]++;
        Files.write(expected, content);
        assertEquals(1, run("cmp", expected.toString(), path.toString()).status());
    }

    @Test
    void discardedSpaceIsAHole() throws Exception {
        Run before = run("qemu-img", "map", "-U", "-f", "raw", "--output=json", path.toString());
        assertEquals(0, before.status(), before.output());
        assertFalse(before.output().contains("\"data\": false"), before.output());
        punchAndFlush();
        assumeTrue(run("stat", "-f", "-c", "%T", path.toString()).output().startsWith("ext"), "needs a file system with holes");
        Run after = run("qemu-img", "map", "-U", "-f", "raw", "--output=json", path.toString());
        String hole = "\"start\": %d, \"length\": %d".formatted(HOLE_AT, HOLE_BYTES);
        String line = after.output().lines().filter(text -> text.contains(hole)).findFirst().orElse("none: " + after.output());
        assertTrue(line.contains("\"data\": false") && line.contains("\"zero\": true"), line);
    }

    @Test
    void theDriverReadsWhatQemuIoWrote() throws Exception {
        disk.close();
        Run written = run("qemu-io", "-f", "raw", "-c", "write -P 0x77 512 1k", "-c", "flush", path.toString());
        disk = RealDisk.start(path, RingKind.AUTO, true, false);
        assertEquals(0, written.status(), written.output());
        byte[] in = disk.call(TestDisk.request(0, 0), 4 * SECTOR + 1).in();
        byte[] expected = Arrays.copyOf(content, 4 * SECTOR + 1);
        Arrays.fill(expected, SECTOR, 3 * SECTOR, (byte) 0x77);
        expected[4 * SECTOR] = 0;
        assertTrue(Arrays.equals(expected, in));
    }
}
