package testudo.testing.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import testudo.testing.bench.MonitorProcess.ProcessorTime;

/// Whole monitors with a payload: start, memory, cost of an exit.
final class ProcessRows {
    private static final String MEMORY_MIB = "16";
    private static final Row START = new Row("start", "process start to first guest byte", "ms", Row.Better.LOWER);
    private static final Row START_CPU = new Row("start", "processor time until then", "ms", Row.Better.LOWER);
    private static final Row MEMORY = new Row("memory", "PSS above guest memory, guest halted", "MiB", Row.Better.LOWER);

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

    ProcessRows(Settings settings, Measurements measurements) {
        this.settings = settings;
        this.measurements = measurements;
    }

    /// The monitors that are installed; the others are noted as missing.
    List<Monitor> monitors() {
        List<Monitor> found = new ArrayList<>();
        Path testudo = settings.image().resolve("bin/testudo");
        if (!Files.isReadable(Path.of("/dev/kvm")) || !Files.isWritable(Path.of("/dev/kvm"))) {
            measurements.missing("start, memory and exits", "/dev/kvm is not there or not accessible");
            return found;
        }
        if (Files.isExecutable(testudo)) {
            found.add(new Monitor(Measurements.OURS, List.of(testudo.toString(), "run", "--disable-sandbox", "--mem", MEMORY_MIB,
                    "--serial", "type=stdout,hardware=serial,num=1", "--bios", "IMAGE")));
        } else {
            measurements.missing("testudo", testudo + " is not there; build it with ./testudo --version");
        }
        Path qemu = Programs.find("qemu-system-x86_64");
        if (Files.isExecutable(qemu)) {
            found.add(new Monitor("qemu microvm", List.of(qemu.toString(), "-M",
                    "microvm,accel=kvm,isa-serial=on,memory-backend=ram", "-object", "memory-backend-memfd,id=ram,size=" + MEMORY_MIB + "M",
                    "-m", MEMORY_MIB, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-bios", "IMAGE")));
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

    /// Measures everything with every monitor, in turns.
    void run() throws IOException {
        List<Monitor> monitors = new ArrayList<>(monitors());
        Path halting = image("halt.rom", PayloadImage.UNHANDLED_PORT, 0);
        // The first start of each reads its files into the page cache. One that can't run this payload is left out with its reason.
        monitors.removeIf(monitor -> {
            try {
                startAndPark(monitor, halting, false);
                return false;
            } catch (IOException e) {
                measurements.missing(monitor.name(), String.valueOf(e.getMessage()));
                return true;
            }
        });
        for (int round = 0; round < 3 * settings.rounds(); round++) {
            for (Monitor monitor : monitors) {
                startAndPark(monitor, halting, true);
            }
        }
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

    private Path image(String name, int port, int exits) throws IOException {
        return Files.write(settings.work().resolve(name), PayloadImage.of(port, exits));
    }

    private void startAndPark(Monitor monitor, Path image, boolean counts) throws IOException {
        try (MonitorProcess process = new MonitorProcess(monitor.with(image), log(monitor))) {
            long nanos = process.await(PayloadImage.STARTED);
            double millis = process.processorTime().millis();
            process.await(PayloadImage.DONE);
            if (counts) {
                measurements.add(START, monitor.name(), nanos / 1e6);
                measurements.add(START_CPU, monitor.name(), millis);
                measurements.add(MEMORY, monitor.name(), process.memoryMiB());
            }
        }
    }

    private void exits(Monitor monitor, Path image, String what) throws IOException {
        try (MonitorProcess process = new MonitorProcess(monitor.with(image), log(monitor))) {
            process.await(PayloadImage.STARTED);
            ProcessorTime before = process.processorTime();
            process.await(PayloadImage.DONE);
            ProcessorTime spent = process.processorTime().since(before);
            double microsPerExit = 1000.0 / settings.exits();
            measurements.add(new Row("exits", what + ", user-space processor time", "µs", Row.Better.LOWER), monitor.name(),
                    spent.userMillis() * microsPerExit);
            measurements.add(new Row("exits", what + ", all processor time", "µs", Row.Better.LOWER), monitor.name(),
                    spent.millis() * microsPerExit);
        }
    }

    private Path log(Monitor monitor) {
        return settings.work().resolve(monitor.name().replace(' ', '-') + ".log");
    }
}
