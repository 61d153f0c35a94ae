package testudo.testing.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import testudo.testing.bench.MonitorProcess.ProcessorTime;

/// Whole monitors with a payload: start, memory, cost of an exit.
final class ProcessRows {
    private static final String MEMORY_MIB = "16";
    private static final Figures BARE = Figures.of("");
    private static final Figures FOUR_DEVICES = Figures.of(", with block, console, rng and balloon");

    private final Settings settings;
    private final Measurements measurements;

    /// A monitor that takes turns with the others.
    /// @param name in the report
    /// @param command its arguments, the image's path as `IMAGE`
    record Monitor(String name, List<String> command) {
        List<String> with(Path image) {
            return command.stream().map(word -> word.replace("IMAGE", image.toString())).toList();
        }
    }

    /// What is measured of a start.
    private record Figures(Row start, Row processor, Row memory) {
        static Figures of(String machine) {
            return new Figures(
                    new Row("start" + machine, "process start to first guest byte", "ms", Row.Better.LOWER),
                    new Row("start" + machine, "processor time until all is still", "ms", Row.Better.LOWER),
                    new Row("memory" + machine, "PSS above guest memory, guest halted", "MiB", Row.Better.LOWER));
        }
    }

    ProcessRows(Settings settings, Measurements measurements) {
        this.settings = settings;
        this.measurements = measurements;
    }

    /// The monitors that are installed, with as little as they can do without; the others are noted as missing.
    List<Monitor> monitors() {
        List<Monitor> found = new ArrayList<>();
        if (!Files.isReadable(Path.of("/dev/kvm")) || !Files.isWritable(Path.of("/dev/kvm"))) {
            measurements.missing("start, memory and exits", "/dev/kvm is not there or not accessible");
            return found;
        }
        Path testudo = testudo();
        if (Files.isExecutable(testudo)) {
            found.add(ours(Measurements.OURS, "--disable-sandbox"));
        } else {
            measurements.missing("testudo", testudo + " is not there; build it with ./testudo --version");
        }
        if (Files.isExecutable(qemu())) {
            found.add(microvm());
        } else {
            measurements.missing("qemu microvm", "qemu-system-x86_64 not found (Debian: apt install qemu-system-x86)");
        }
        Path minimal = settings.peers().resolve("minimal-kvm");
        if (Files.isExecutable(minimal)) {
            found.add(new Monitor("minimal C loop", List.of(minimal.toString(), "IMAGE", MEMORY_MIB)));
        } else {
            measurements.missing("minimal C loop", minimal + " was not compiled (Debian: apt install gcc libc6-dev)");
        }
        return found;
    }

    /// The same devices in ours, in ours with a jail for each of them, and in QEMU.
    private List<Monitor> withDevices(Path disk) {
        List<Monitor> found = new ArrayList<>();
        if (Files.isExecutable(testudo())) {
            String[] devices = {"--block", disk.toString(), "--serial", "type=sink,hardware=virtio-console,num=1"};
            found.add(ours(Measurements.OURS, Stream.concat(Stream.of("--disable-sandbox"), Stream.of(devices)).toArray(String[]::new)));
            found.add(ours("testudo, a jail each", devices));
        }
        if (Files.isExecutable(qemu())) {
            found.add(microvm(
                    "-drive", "if=none,id=disk,format=raw,file=" + disk, "-device", "virtio-blk-device,drive=disk",
                    "-device", "virtio-serial-device", "-chardev", "null,id=console", "-device", "virtconsole,chardev=console",
                    "-device", "virtio-rng-device", "-device", "virtio-balloon-device"));
        }
        return found;
    }

    private Path testudo() {
        return settings.image().resolve("bin/testudo");
    }

    private static Path qemu() {
        return Programs.find("qemu-system-x86_64");
    }

    private Monitor ours(String name, String... more) {
        List<String> command = new ArrayList<>(List.of(testudo().toString(), "run"));
        command.addAll(List.of(more));
        command.addAll(List.of("--mem", MEMORY_MIB, "--serial", "type=stdout,hardware=serial,num=1", "--bios", "IMAGE"));
        return new Monitor(name, command);
    }

    private static Monitor microvm(String... more) {
        List<String> command = new ArrayList<>(List.of(qemu().toString(), "-M",
                "microvm,accel=kvm,isa-serial=on,memory-backend=ram", "-object", "memory-backend-memfd,id=ram,size=" + MEMORY_MIB + "M",
                "-m", MEMORY_MIB, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio"));
        command.addAll(List.of(more));
        command.addAll(List.of("-bios", "IMAGE"));
        return new Monitor("qemu microvm", command);
    }

    /// Measures everything with every monitor, in turns.
    void run() throws IOException {
        Path halting = image("halt.rom", PayloadImage.UNHANDLED_PORT, 0);
        List<Monitor> monitors = starts(monitors(), halting, BARE);
        if (monitors.isEmpty()) {
            return;
        }
        Path disk = Files.write(settings.work().resolve("devices.img"), new byte[1 << 20]);
        starts(withDevices(disk), halting, FOUR_DEVICES);
        Path unhandled = image("unhandled.rom", PayloadImage.UNHANDLED_PORT, settings.exits());
        Path scratch = image("scratch.rom", PayloadImage.SERIAL_SCRATCH_PORT, settings.exits());
        for (int round = 0; round < settings.rounds(); round++) {
            for (Monitor monitor : monitors) {
                exits(monitor, unhandled, "out to a port where nobody answers");
            }
            for (Monitor monitor : monitors) {
                exits(monitor, scratch, "out to a serial register");
            }
        }
    }

    /// Measures starts, in turns.
    /// @return the monitors that can run this payload; one that can't is left out with its reason
    private List<Monitor> starts(List<Monitor> all, Path image, Figures figures) throws IOException {
        List<Monitor> monitors = new ArrayList<>(all);
        // The first start of each reads its files into the page cache.
        monitors.removeIf(monitor -> {
            try {
                startAndPark(monitor, image, null);
                return false;
            } catch (IOException e) {
                measurements.missing(monitor.name(), String.valueOf(e.getMessage()));
                return true;
            }
        });
        for (int round = 0; round < 3 * settings.rounds(); round++) {
            for (Monitor monitor : monitors) {
                startAndPark(monitor, image, figures);
            }
        }
        return monitors;
    }

    private Path image(String name, int port, int exits) throws IOException {
        return Files.write(settings.work().resolve(name), PayloadImage.of(port, exits));
    }

    private void startAndPark(Monitor monitor, Path image, @Nullable Figures figures) throws IOException {
        try (MonitorProcess process = new MonitorProcess(monitor.with(image), log(monitor))) {
            long nanos = process.await(PayloadImage.STARTED);
            process.await(PayloadImage.DONE);
            process.awaitStill();
            if (figures != null) {
                measurements.add(figures.start(), monitor.name(), nanos / 1e6);
                measurements.add(figures.processor(), monitor.name(), process.processorTime().millis());
                measurements.add(figures.memory(), monitor.name(), process.memoryMiB());
            }
        }
    }

    private void exits(Monitor monitor, Path image, String what) throws IOException {
        try (MonitorProcess process = new MonitorProcess(monitor.with(image), log(monitor))) {
            process.await(PayloadImage.STARTED);
            ProcessorTime started = process.processorTime();
            process.await(PayloadImage.WARM);
            ProcessorTime warm = process.processorTime();
            process.await(PayloadImage.DONE);
            ProcessorTime done = process.processorTime();
            exits(monitor, what + ", the first " + settings.exits(), warm.since(started));
            exits(monitor, what + ", as many again", done.since(warm));
        }
    }

    private void exits(Monitor monitor, String what, ProcessorTime spent) {
        double microsPerExit = 1000.0 / settings.exits();
        measurements.add(new Row("exits", what + ": user-space processor time", "µs", Row.Better.LOWER), monitor.name(),
                spent.userMillis() * microsPerExit);
        measurements.add(new Row("exits", what + ": all processor time", "µs", Row.Better.LOWER), monitor.name(),
                spent.millis() * microsPerExit);
    }

    private Path log(Monitor monitor) {
        return settings.work().resolve(monitor.name().replaceAll("\\W+", "-") + ".log");
    }
}
