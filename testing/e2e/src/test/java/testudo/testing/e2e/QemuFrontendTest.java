package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// QEMU with our devices: the product serves a disk and entropy over vhost-user to a stock kernel in QEMU's software emulation.
@Tag("e2e")
class QemuFrontendTest {
    @TempDir Path folder;

    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void extract() throws IOException, InterruptedException {
        run(tool("usr/sbin/debugfs", "-R", "dump /kernels/6.12-cloud/initramfs " + folder.resolve("initramfs"), material()));
        run(tool("usr/sbin/debugfs", "-R", "dump /kernels/6.12-cloud/image " + folder.resolve("bzImage"), material()));
        run(tool("usr/sbin/debugfs", "-R", "dump /root.ext4 " + folder.resolve("root.ext4"), material()));
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : processes.reversed()) {
            process.destroyForcibly().waitFor();
        }
    }

    private static String material() {
        return TestBed.get().folder().resolve("material.ext4").toString();
    }

    /// A program of the bed, with its own C library.
    private static List<String> tool(String program, String... arguments) {
        String tools = TestBed.get().tools().toString();
        List<String> command = new ArrayList<>(List.of(
                tools + "/usr/lib64/ld-linux-x86-64.so.2", "--library-path", tools + "/usr/lib/x86_64-linux-gnu", tools + "/" + program));
        command.addAll(List.of(arguments));
        return command;
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("tool.log").toFile()).start();
        assertEquals(0, process.waitFor(), String.join(" ", command));
    }

    /// Starts a program and waits until it has made a socket.
    private Process start(List<String> command, Path socket) throws IOException, InterruptedException {
        Path log = folder.resolve(socket.getFileName() + ".log");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        processes.add(process);
        Instant end = Instant.now().plusSeconds(120);
        while (!Files.exists(socket)) {
            if (process.waitFor(100, TimeUnit.MILLISECONDS) || Instant.now().isAfter(end)) {
                fail(String.join(" ", command) + " made no socket:\n" + Files.readString(log));
            }
        }
        return process;
    }

    private Process device(String kind, Path socket, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                TestBed.imageUnderTest().resolve("bin/testudo").toString(), "device", kind, "--socket-path", socket.toString()));
        command.addAll(List.of(arguments));
        return start(command, socket);
    }

    private GuestConsole boot(Path block, Path rng) throws IOException, InterruptedException {
        Path console = folder.resolve("console.sock");
        String share = TestBed.get().tools() + "/usr/share/";
        start(tool(
                "usr/bin/qemu-system-x86_64",
                "-L", share + "qemu", "-L", share + "seabios",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-accel", "tcg,thread=multi", "-M", "q35,memory-backend=ram", "-m", "512M", "-smp", "1",
                "-object", "memory-backend-memfd,id=ram,size=512M,share=on",
                "-kernel", folder.resolve("bzImage").toString(), "-initrd", folder.resolve("initramfs").toString(),
                "-append", "console=ttyS0 root=/dev/vda ro quiet panic=-1 mitigations=off",
                "-drive", "if=none,id=root,format=raw,readonly=on,file=" + folder.resolve("root.ext4"),
                "-device", "virtio-blk-pci,drive=root",
                "-chardev", "socket,id=block,path=" + block, "-device", "vhost-user-blk-pci,chardev=block,num-queues=1",
                "-chardev", "socket,id=rng,path=" + rng, "-device", "vhost-user-rng-pci,chardev=rng",
                "-serial", "unix:" + console + ",server=on,wait=off"), console);
        GuestConsole guest = new GuestConsole(Port.connect("console", console));
        guest.awaitPrompt();
        return guest;
    }

    @Test
    void fioVerifiesItsWritesOverOurDisk() throws Exception {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[32 << 20]);
        Path block = folder.resolve("block.sock");
        Path rng = folder.resolve("rng.sock");
        Process blockDevice = device("block", block, "--block", disk.toString());
        Process rngDevice = device("rng", rng);

        GuestConsole guest = boot(block, rng);

        assertEquals("virtio_rng.0", guest.run("cat /sys/class/misc/hw_random/rng_current"));
        assertEquals("32", guest.run("head -c 32 /dev/hwrng | wc -c"));
        guest.fio().orFail("fio");
        String sum = guest.run("sync; md5sum < /dev/vdb").split(" ")[0];
        guest.sendLine("poweroff -f");
        assertTrue(blockDevice.waitFor(60, TimeUnit.SECONDS) && rngDevice.waitFor(60, TimeUnit.SECONDS), "they end with QEMU");
        assertEquals(0, blockDevice.exitValue());
        byte[] digest = java.security.MessageDigest.getInstance("MD5").digest(Files.readAllBytes(disk));
        assertEquals(sum, java.util.HexFormat.of().formatHex(digest));
    }

    /// The control: what the guest reads comes from the process behind the socket.
    @Test
    void withoutTheDeviceProcessNothingIsRead() throws Exception {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        Path block = folder.resolve("block.sock");
        Path rng = folder.resolve("rng.sock");
        Process device = device("block", block, "--block", disk.toString());
        device("rng", rng);
        GuestConsole guest = boot(block, rng);
        guest.run("dd if=/dev/vdb of=/dev/null bs=4k count=4 iflag=direct 2> /dev/null");

        device.destroyForcibly().waitFor();

        String read = guest.run("dd if=/dev/vdb of=/dev/null bs=4k count=4 iflag=direct > /tmp/dd 2>&1 & sleep 10; cat /tmp/dd; true");
        assertFalse(read.contains("4+0 records in"), read);
    }
}
