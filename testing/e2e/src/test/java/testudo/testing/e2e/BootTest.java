package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Stock kernels boot to the shell and find the machine that was asked for. The cases meet every kernel, both kernel file
/// forms, every number of vCPUs and every memory size, not their product.
@ParameterizedClass
@MethodSource("machines")
@Tag("soft")
class BootTest extends OnProduct {
    /// @param elf whether the kernel is given as the ELF file from inside the bzImage
    record Machine(Kernel kernel, boolean elf, int vcpus, int memoryMib) {}

    private static final List<Machine> MACHINES = List.of(
            new Machine(Kernel.RISCV64_6_12, false, 1, 256),
            new Machine(Kernel.RISCV64_6_12, false, 4, 2048),
            new Machine(Kernel.CLOUD_6_12, false, 2, 512),
            new Machine(Kernel.CLOUD_6_12, true, 1, 256),
            new Machine(Kernel.GENERIC_6_12, false, 1, 256),
            // Larger than the outer Linux; needs memory above 4 GiB.
            new Machine(Kernel.GENERIC_6_12, true, 2, 6144),
            new Machine(Kernel.CLOUD_6_1, false, 2, 6144),
            new Machine(Kernel.GENERIC_6_1, false, 1, 512));

    static Stream<Arguments> machines() {
        return Backend.selected().flatMap(backend -> MACHINES.stream().filter(machine -> backend.kernels().contains(machine.kernel()))
                .map(machine -> Arguments.of(backend, machine)));
    }

    @Parameter(1) Machine machine;

    @Test
    void stockKernelFindsTheMachineThatWasAskedFor() throws Exception {
        Guest guest = boot(RunOptions.of(machine.kernel()).elf(machine.elf()).vcpus(machine.vcpus())
                .memoryMib(machine.memoryMib()).parameter("testudo.word=kept"));

        assertEquals(host.exec("cat " + machine.kernel().releaseFile(host)).stdout().strip(), guest.run("uname -r"));
        assertEquals(Integer.toString(machine.vcpus()), guest.run("nproc"));
        assertMemory(machine.memoryMib(), Long.parseLong(guest.run("awk '/^MemTotal:/ { print $2 }' /proc/meminfo")));
        String line = guest.run("cat /proc/cmdline");
        assertTrue(line.startsWith("panic=-1 console=ttyS0"), line);
        assertTrue(line.endsWith("quiet testudo.word=kept"), line);
        assertEquals(0, guest.end("poweroff -f"));
    }

    /// The kernel keeps its image and one 64-byte page record for each page to itself.
    private static void assertMemory(int mebibytes, long totalKib) {
        long allKib = mebibytes * 1024L;
        long reservedKib = allKib - totalKib;
        assertTrue(reservedKib > 0 && reservedKib < 96 * 1024 + allKib / 32, "MemTotal " + totalKib + " of " + allKib);
    }
}
