package testudo.arch.riscv64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;

/// What a stranger thinks of our device tree.
class DeviceTreeCompilerTest {
    @TempDir private Path directory = Path.of("");

    @Test
    void compilerHasNothingToSay() throws Exception {
        assumeTrue(hasCompiler(), "needs dtc (package device-tree-compiler)");
        byte[] tree = tree();
        assertEquals("", compile(tree));
    }

    @Test
    void compilerWouldComplain() throws Exception { // the test above can fail
        assumeTrue(hasCompiler(), "needs dtc (package device-tree-compiler)");
        byte[] tree = tree();
        byte[] wanted = "#interrupt-cells".getBytes(StandardCharsets.US_ASCII);
        int at = new String(tree, StandardCharsets.ISO_8859_1).indexOf(new String(wanted, StandardCharsets.US_ASCII));
        tree[at + wanted.length - 1] = 'z';
        String said = compile(tree);
        assertTrue(said.contains("#interrupt-cells"), said);
    }

    private byte[] tree() throws IOException {
        Path path = directory.resolve("tree.dtb");
        try (KernelImage kernel = TestMachines.file(directory, "kernel", Kernels.image().array()); Arena arena = Arena.ofConfined()) {
            MachineRequest plain = TestMachines.request(kernel, 4);
            MachineRequest request = new MachineRequest(
                    plain.kernel(), plain.initrd(), plain.firmware(), plain.memoryBytes(), plain.vcpus(), plain.irqchip(),
                    new TestMachines.Given().with(RiscvOptions.DUMP_DEVICE_TREE, path));
            PlannedMachine machine = new RiscvArchitecture().plan(request, TestMachines.profile());
            machine.load(TestMachines.memory(machine.plan(), arena), TestMachines.layout("panic=-1"));
        }
        return Files.readAllBytes(path);
    }

    private String compile(byte[] tree) throws IOException, InterruptedException {
        Files.write(directory.resolve("tree.dtb"), tree);
        Process process = new ProcessBuilder(
                "dtc", "-I", "dtb", "-O", "dts", "-o", "tree.dts", "tree.dtb")
                .directory(directory.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    private static boolean hasCompiler() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "dtc")));
    }
}
