package testudo.testing.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import testudo.testing.bench.GuestShell.Spent;

/// A stock riscv64 Linux in software, ours and QEMU's: the same kernel, initramfs, disk and commands, one hart, 512 MiB.
final class SoftRows {
    private static final String GROUP = "riscv64 in software";
    private static final String MEMORY_MIB = "512";
    private static final String BOOT = "process start to the guest's first process";
    private static final int BLOCK = RiscvProgram.MOST_BYTES;
    private static final int SEED = 7;

    private final Settings settings;
    private final Measurements measurements;
    private final Path material;

    /// Makes the rows.
    /// @param settings how much work, and where the image and the disk are
    /// @param measurements gets the figures
    /// @param material the folder that `testing/e2e/prepare --soft` prints
    SoftRows(Settings settings, Measurements measurements, Path material) {
        this.settings = settings;
        this.measurements = measurements;
        this.material = material;
    }

    /// Measures everything with every monitor, in turns.
    void run() throws IOException {
        Path kernel = material.resolve("kernels/6.12-riscv64/image");
        if (!Files.isReadable(kernel)) {
            measurements.missing(GROUP, kernel + " is not there; testing/e2e/prepare --soft makes it");
            return;
        }
        Path disk = disk(settings.work().resolve("soft.img"));
        Path initramfs = kernel.resolveSibling("initramfs");
        Map<String, List<String>> monitors = monitors(kernel, initramfs, disk);
        for (int round = 0; round < settings.rounds(); round++) {
            for (Map.Entry<String, List<String>> monitor : monitors.entrySet()) {
                measure(monitor.getKey(), monitor.getValue());
            }
            bootInJails(ours(kernel, initramfs, disk));
        }
    }

    /// What a jail for each device costs at boot.
    private void bootInJails(List<String> command) throws IOException {
        try (GuestShell guest = new GuestShell(command, settings.work().resolve("testudo-jails-soft.log"))) {
            add(BOOT, "testudo, a jail each", guest.boot());
        } catch (IOException e) {
            measurements.missing("testudo, a jail each", String.valueOf(e.getMessage()));
        }
    }

    private Map<String, List<String>> monitors(Path kernel, Path initramfs, Path disk) {
        Map<String, List<String>> monitors = new LinkedHashMap<>();
        monitors.put(Measurements.OURS, ours(kernel, initramfs, disk, "--disable-sandbox"));
        List<String> qemu = qemu();
        if (qemu.isEmpty()) {
            measurements.missing("QEMU TCG", "qemu-system-riscv64 not found (Debian 13: apt install qemu-system-riscv)");
            return monitors;
        }
        List<String> command = new ArrayList<>(qemu);
        command.addAll(List.of("-M", "virt,aia=aplic-imsic", "-accel", "tcg,thread=multi", "-smp", "1", "-m", MEMORY_MIB, "-nodefaults",
                "-display", "none", "-no-reboot", "-serial", "stdio", "-drive", "if=none,id=disk,format=raw,file=" + disk, "-device",
                "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci", "-device", "virtio-balloon-pci", "-append", "console=ttyS0 quiet",
                "-initrd", initramfs.toString(), "-kernel", kernel.toString()));
        monitors.put("QEMU TCG", command);
        return monitors;
    }

    private List<String> ours(Path kernel, Path initramfs, Path disk, String... more) {
        List<String> command = new ArrayList<>(List.of(settings.image().resolve("bin/testudo").toString(), "run"));
        command.addAll(List.of(more));
        command.addAll(List.of("--hypervisor", "soft", "--cpus", "1", "--mem", MEMORY_MIB, "--serial",
                "type=stdout,hardware=serial,console,stdin", "--block", "path=" + disk, "--params", "quiet", "--initrd",
                initramfs.toString(), kernel.toString()));
        return command;
    }

    /// The QEMU of the end-to-end tests' tools, which is a recent one (QEMU 7 does not boot this kernel), or the one of the system.
    private List<String> qemu() {
        Path tools = material.resolveSibling("tools");
        Path loader = tools.resolve("usr/lib64/ld-linux-x86-64.so.2");
        if (Files.isExecutable(loader)) {
            return List.of(loader.toString(), "--library-path", tools.resolve("usr/lib/x86_64-linux-gnu").toString(),
                    tools.resolve("usr/bin/qemu-system-riscv64").toString(), "-L", tools.resolve("usr/share/qemu").toString(), "-bios",
                    tools.resolve("usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin").toString());
        }
        Path installed = Programs.find("qemu-system-riscv64");
        return Files.isExecutable(installed) ? List.of(installed.toString()) : List.of();
    }

    /// Three programs, a block each, then text that can be compressed. The same bytes in every run.
    private Path disk(Path file) throws IOException {
        int rounds = settings.guestScale() * 1_000_000;
        List<byte[]> programs = List.of(
                RiscvProgram.integer(rounds), RiscvProgram.memory(rounds), RiscvProgram.systemCalls(rounds / 20));
        Random random = new Random(SEED);
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(0);
            for (byte[] program : programs) {
                disk.write(program);
                disk.setLength((disk.length() + BLOCK - 1) / BLOCK * BLOCK);
                disk.seek(disk.length());
            }
            long end = disk.length() + dataMiB() * (1L << 20);
            StringBuilder text = new StringBuilder();
            while (disk.length() < end) {
                text.setLength(0);
                while (text.length() < 1 << 20) {
                    text.append(Integer.toString(random.nextInt(1 << 16), 36)).append(' ');
                }
                disk.write(text.substring(0, 1 << 20).getBytes(StandardCharsets.US_ASCII));
            }
        }
        return file;
    }

    private int dataMiB() {
        return 4 * settings.guestScale();
    }

    private void measure(String subject, List<String> command) throws IOException {
        try (GuestShell guest = new GuestShell(command, settings.work().resolve(subject.replace(' ', '-') + "-soft.log"))) {
            add(BOOT, subject, guest.boot());
            guest.run("for n in 0 1 2; do dd if=/dev/vda of=/tmp/$n bs=4096 skip=$n count=1 2>/dev/null; chmod 755 /tmp/$n; done");
            guest.run("dd if=/dev/vda of=/tmp/data bs=4096 skip=3 2>/dev/null");
            add("integer loop, %d million rounds".formatted(settings.guestScale()), subject, guest.run("/tmp/0"));
            add("memory loop over 32 MiB, %d million words".formatted(settings.guestScale()), subject, guest.run("/tmp/1"));
            add("system call loop, %d thousand calls".formatted(settings.guestScale() * 50), subject, guest.run("/tmp/2"));
            add("sha256sum of %d MiB".formatted(dataMiB()), subject, guest.run("sha256sum /tmp/data >/dev/null"));
            add("gzip of %d MiB".formatted(dataMiB()), subject, guest.run("gzip -c /tmp/data >/dev/null"));
            add("disk reads of 4 KiB, %d thousand".formatted(settings.guestScale()), subject, guest.run(
                    "dd if=/dev/vda of=/dev/null bs=4096 count=%d iflag=direct 2>/dev/null".formatted(settings.guestScale() * 1000)));
        }
    }

    private void add(String name, String subject, Spent spent) {
        measurements.add(new Row(GROUP, name, "ms", Row.Better.LOWER), subject, spent.millis());
        measurements.add(new Row(GROUP, name + ": processor time", "ms", Row.Better.LOWER), subject, spent.processorMillis());
    }
}
