package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// SeaBIOS boots from a disk that another process serves: over KVM's own events and interrupts, with memory shared between both.
class VhostUserTest {
    private static final Path BIOS = Path.of("/usr/share/seabios/bios.bin");
    private static final String MARKER = "from another process";
    private static final int RESET = 32;

    @TempDir Path folder;

    private final List<Process> processes = new ArrayList<>();
    private Path socket;
    private Path disk;

    @BeforeEach
    void prepare() throws IOException {
        Product.assumeKvm();
        assumeTrue(Files.isRegularFile(BIOS), "needs " + BIOS + " of package seabios");
        socket = folder.resolve("socket");
        disk = GuestImage.disk(folder.resolve("disk"), GuestCode.real().awaitTick().print(MARKER).reset());
    }

    @AfterEach
    void endProcesses() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    private Product.Ending boot() throws IOException, InterruptedException {
        return Product.run(
                folder,
                "--bios", BIOS.toString(),
                "--fw-cfg", "name=etc/show-boot-menu,path=" + Files.write(folder.resolve("menu"), new byte[1]),
                "--fw-cfg", "name=etc/boot-fail-wait,path=" + Files.write(folder.resolve("wait"), new byte[]{1}),
                "--vhost-user", "block,socket=" + socket,
                "--vhost-user-connect-timeout-ms", "60000");
    }

    @Test
    void bootsFromQemusStorageDaemon() throws IOException, InterruptedException {
        try {
            processes.add(new ProcessBuilder(
                    "qemu-storage-daemon",
                    "--blockdev", "driver=file,node-name=disk,filename=" + disk,
                    "--export", "type=vhost-user-blk,id=e,node-name=disk,addr.type=unix,addr.path=" + socket).inheritIO().start());
        } catch (IOException missing) {
            abort("needs qemu-storage-daemon");
        }

        Product.Ending ending = boot();

        assertEquals(MARKER, ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }

    @Test
    void bootsFromADeviceProcessWhichEndsWithTheMachine() throws IOException, InterruptedException {
        Path log = folder.resolve("device.log");
        Process device = Product.device(log, "block", "--socket-path", socket.toString(), "--file", disk + ":read-only");
        processes.add(device);

        Product.Ending ending = boot();

        assertEquals(MARKER, ending.serial(), ending::log);
        assertTrue(device.waitFor(30, TimeUnit.SECONDS), "the front-end has gone");
        assertEquals(0, device.exitValue(), Files.readString(log));
        assertTrue(Files.notExists(socket), "the socket's path is removed");
    }

    /// The control: what the tests above see is not there when the disk behind the socket is another one.
    @Test
    void doesNotBootFromAnEmptyDisk() throws IOException, InterruptedException {
        Path log = folder.resolve("device.log");
        Path empty = Files.write(folder.resolve("empty"), new byte[1 << 20]);
        processes.add(Product.device(log, "block", "--socket-path", socket.toString(), "--file", empty.toString()));

        Product.Ending ending = boot();

        assertEquals("", ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }
}
