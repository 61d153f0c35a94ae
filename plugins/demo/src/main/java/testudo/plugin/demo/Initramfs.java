package testudo.plugin.demo;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// The guest's initramfs: the archive from the packages, which is kept, and the one with what is ours, which is appended for each run.
final class Initramfs {
    /// What the demo's devices need. A kernel has each of these built in or as a module.
    private static final List<String> MODULES = List.of(
            "virtio_pci", "virtio_console", "virtio_blk", "virtio_rng", "virtio_balloon", "virtio_net", "ext4");
    private static final int PROGRAM = 0755;
    private static final int TEXT = 0644;
    private static final int ALIGNMENT = 4;

    private Initramfs() {}

    /// Writes the archive with busybox and the kernel's modules.
    /// @param to where to
    /// @param busybox the program, statically linked
    /// @param modules the kernel's
    static void write(Path to, Path busybox, KernelModules modules) throws IOException {
        SequencedMap<String, ModuleFile> order = modules.loadOrder(MODULES);
        try (CpioArchive archive = new CpioArchive(new BufferedOutputStream(Files.newOutputStream(to)))) {
            for (String folder : List.of("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "usr/bin", "usr/sbin")) {
                archive.folder(folder);
            }
            archive.characterDevice("dev/console", 5, 1);
            archive.file("bin/busybox", PROGRAM, busybox);
            archive.link("bin/sh", "busybox");
            for (Map.Entry<String, ModuleFile> module : order.entrySet()) {
                archive.file("testudo/modules/" + module.getKey() + ".ko", TEXT, module.getValue().content());
            }
            archive.file("testudo/modules/order", TEXT, lines(order.sequencedKeySet().stream().map(name -> name + ".ko").toList()));
        }
    }

    /// Writes a copy of an initramfs with what is ours behind it; the kernel unpacks one after the other.
    /// @param to where to
    /// @param base the initramfs
    /// @param files further files by name, such as the command to run
    static void append(Path to, Path base, Map<String, String> files) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(to))) {
            long sizeBytes = Files.copy(base, out);
            out.write(new byte[(int) (-sizeBytes & (ALIGNMENT - 1))]);
            try (CpioArchive archive = new CpioArchive(out)) {
                archive.file("init", PROGRAM, resource("init"));
                archive.file("bin/lspci", PROGRAM, resource("lspci"));
                archive.file("testudo/dhcp", PROGRAM, resource("dhcp"));
                archive.file("testudo/session", PROGRAM, resource("session"));
                for (Map.Entry<String, String> file : files.entrySet()) {
                    archive.file(file.getKey(), TEXT, file.getValue().getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    private static byte[] lines(List<String> lines) {
        return lines.stream().map(line -> line + "\n").reduce("", String::concat).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = Initramfs.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }
}
