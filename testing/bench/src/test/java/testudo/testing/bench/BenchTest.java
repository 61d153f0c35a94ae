package testudo.testing.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.host.HostPlatform;

/// The benchmarks themselves, with tiny counts and without peers: that they measure what they say, whatever the figures are.
class BenchTest {
    private static final int LOADS = 6;
    private static final int WAYS = 4;

    @TempDir Path folder;
    private Settings tiny;

    @BeforeEach
    void settings() {
        tiny = new Settings(folder.resolve("image"), folder.resolve("peers"), folder, folder, 2, 5, 10, 8, 1);
    }

    static final class InBuildFolder implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension) throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target").toAbsolutePath()), "bench");
        }
    }

    private Measurements measurements() {
        return new Measurements(folder.resolve("raw.tsv"), new PrintStream(OutputStream.nullOutputStream()));
    }

    @Test
    void everyLoadRunsOnOurDisk() throws IOException {
        int rows;
        try (Measurements measurements = measurements()) {
            new BlockRows(tiny, measurements).run(folder.resolve("no-peer"));
            boolean uring = !measurements.missing().containsKey("testudo with uring"); // some containers refuse it
            rows = 2 * LOADS * (uring ? 4 : 2);
            assertEquals(rows, measurements.figures().size());
            for (Map<String, List<Double>> subjects : measurements.figures().values()) {
                List<Double> rates = subjects.get(Measurements.OURS);
                assertEquals(tiny.rounds(), rates.size());
                assertTrue(rates.stream().allMatch(rate -> rate >= 0 && rate < 1e9), rates::toString);
            }
        }
        assertEquals(1 + rows * tiny.rounds(), Files.readAllLines(folder.resolve("raw.tsv")).size());
    }

    /// The driver would not notice a device that does nothing unless it looked at the data.
    @Test
    void theDriverNoticesWrongData() throws IOException {
        Path disk = Files.write(folder.resolve("disk.raw"), new byte[1 << 20]);
        HostPlatform host = new LinuxPlatform();
        try (TestudoDisk target = new TestudoDisk(new TestudoDisk.Image(disk, false, "epoll"), host);
                BlockDriver driver = new BlockDriver(target, new GuestRing(target.ram()), 1 << 20)) {
            BlockLoad reads = new BlockLoad(false, false, BlockDriver.BLOCK_BYTES, 2);
            IllegalStateException failure = assertThrows(IllegalStateException.class, () -> driver.run(reads, 5));
            assertTrue(failure.getMessage().startsWith("block 1: the device read 0"), failure::getMessage);
        }
    }

    @Test
    void writesReachTheFile() throws IOException {
        Path disk = Files.write(folder.resolve("disk.raw"), new byte[4 << 20]);
        HostPlatform host = new LinuxPlatform();
        try (TestudoDisk target = new TestudoDisk(new TestudoDisk.Image(disk, false, "auto"), host);
                BlockDriver driver = new BlockDriver(target, new GuestRing(target.ram()), 4 << 20)) {
            driver.run(new BlockLoad(true, false, 1 << 20, 4), 5);
        }
        byte[] bytes = Files.readAllBytes(disk);
        for (int block = 0; block < bytes.length / BlockDriver.BLOCK_BYTES; block++) {
            int low = Byte.toUnsignedInt(bytes[block * BlockDriver.BLOCK_BYTES]) | Byte.toUnsignedInt(bytes[block
                    * BlockDriver.BLOCK_BYTES + 1]) << 8;
            assertEquals(block, low);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"split", "packed"})
    void eachBatchOfTheQueueBenchmarkTakesAllItsChains(String kind) {
        QueueBenchmark benchmark = new QueueBenchmark();
        benchmark.ring = kind;
        benchmark.prepare();
        try {
            for (int i = 0; i < 5000; i++) { // indexes wrap around
                assertEquals(QueueBenchmark.BATCH, benchmark.batch());
            }
        } finally {
            benchmark.release();
        }
        assertTrue(benchmark.interrupts > 0);
    }

    @Test
    void thePayloadIsReachedFromTheResetVector() {
        byte[] image = PayloadImage.of(0x1234, 7);
        assertEquals(65_536, image.length);
        int displacement = (short) (Byte.toUnsignedInt(image[0xFFF1]) | Byte.toUnsignedInt(image[0xFFF2]) << 8);
        assertEquals((byte) 0xE9, image[0xFFF0]);
        assertEquals(0, (0xFFF3 + displacement) & 0xFFFF);
        assertEquals("66b907000000ba3412", hex(Arrays.copyOfRange(image, 6, 15)));
    }

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    @Test
    void aMonitorIsTimedAndLookedAt() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs /bin/sh");
        List<String> command = List.of("/bin/sh", "-c", "printf T; printf E; read line");
        try (MonitorProcess process = new MonitorProcess(command, folder.resolve("log"))) {
            long started = process.await(PayloadImage.STARTED);
            assertTrue(started > 0);
            assertTrue(process.await(PayloadImage.DONE) >= started);
            assertTrue(process.memoryMiB() > 0);
            assertTrue(process.processorTime().millis() >= 0);
        }
    }

    @Test
    void aMonitorThatEndsEarlyIsReported() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs /bin/sh");
        try (MonitorProcess process = new MonitorProcess(List.of("/bin/sh", "-c", "echo broken >&2"), folder.resolve("log"))) {
            IOException failure = assertThrows(IOException.class, () -> process.await(PayloadImage.STARTED));
            assertTrue(failure.getMessage().endsWith("broken"), failure::getMessage);
        }
    }

    @Test
    void theReportShowsMediansOfRatiosWithinRounds() {
        Row row = new Row("group", "name", "ms", Row.Better.LOWER);
        String table;
        try (Measurements measurements = measurements()) {
            for (double[] round : new double[][]{{10, 5}, {30, 10}, {8, 8}}) {
                measurements.add(row, Measurements.OURS, round[0]);
                measurements.add(row, "peer", round[1]);
            }
            measurements.missing("other", "not installed");
            table = new Report(measurements).markdown();
        }
        assertTrue(table.contains("| name | ms | 10.0 (8.00–30.0) | peer | 8.00 (5.00–10.0) | 2.00 (1.00–3.00) | even |"), table);
        assertTrue(table.contains("group; name; ms; peer: 5.00 10.0 8.00"), table);
        assertTrue(table.contains("Not measured: other: not installed"), table);
    }

    @ParameterizedTest
    @ValueSource(strings = {"integer", "memory", "system calls"})
    void guestProgramsRunToTheirEnd(String name) throws Exception {
        Path emulator = Programs.find("qemu-riscv64");
        assumeTrue(Files.isExecutable(emulator), "needs qemu-riscv64 (Debian: qemu-user)");
        byte[] program = switch (name) {
            case "integer" -> RiscvProgram.integer(1000);
            case "memory" -> RiscvProgram.memory(1000);
            default -> RiscvProgram.systemCalls(1000);
        };
        assertTrue(program.length <= RiscvProgram.MOST_BYTES);
        Path file = Files.write(folder.resolve("program"), program);
        assertTrue(file.toFile().setExecutable(true));
        Process process = new ProcessBuilder(emulator.toString(), file.toString()).inheritIO().start();
        assertEquals(0, process.waitFor());
        // A system call that does not exist in place of the last one: what would not end as it should is seen.
        program[program.length - 12] ^= 0x10;
        Files.write(file, program);
        assertNotEquals(0, new ProcessBuilder(emulator.toString(), file.toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor());
    }

    @Test
    void withoutAGuestTheRowsSayWhatIsMissing() throws IOException {
        try (Measurements measurements = measurements()) {
            new SoftRows(tiny, measurements, folder.resolve("nothing")).run();
            assertTrue(measurements.figures().isEmpty());
            assertTrue(measurements.missing().get("riscv64 in software").contains("prepare --soft"));
        }
    }
}
