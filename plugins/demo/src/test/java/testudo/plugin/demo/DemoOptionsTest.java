package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.VmmException;
import testudo.spi.option.OptionDeclaration;

class DemoOptionsTest {
    @TempDir private Path folder;

    private static DemoOptions options(Map<OptionDeclaration<?>, Object> values) {
        return DemoOptions.of(new GivenOptions(values));
    }

    @Test
    void nothingGivenIsASmallMachineWithAShell() {
        assertEquals(new DemoOptions(1, 512, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false, false),
                options(Map.of()));
    }

    @Test
    void everythingGivenIsTaken() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertEquals(new DemoOptions(4, 1024, Optional.of("kvm"), Optional.of("exit 7"), Optional.of(file), Optional.of(file), true, true),
                options(Map.of(DemoOptions.CPUS, 4L, DemoOptions.MEMORY, 1024L, DemoOptions.HYPERVISOR, "kvm", DemoOptions.COMMAND,
                        "exit 7",
                        DemoOptions.KERNEL, file, DemoOptions.INITRAMFS, file, DemoOptions.REFRESH, true, DemoOptions.VERBOSE, true)));
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() {
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> options(Map.of(
                DemoOptions.COMMAND, " ", DemoOptions.INITRAMFS, folder.resolve("nothing"))));
        assertEquals(List.of("--exec: a command of 1 to 1048576 characters is needed",
                "--initrd " + folder.resolve("nothing") + ": no such readable file",
                "--initrd: an initramfs has modules for its own kernel; name that with --kernel"), failure.problems());
    }

    @Test
    void guestIsTheHypervisorsArchitecture() {
        assertEquals(GuestArchitecture.RISCV64, GuestArchitecture.of(Optional.empty(), "amd64"));
        assertEquals(GuestArchitecture.RISCV64, GuestArchitecture.of(Optional.of("soft[deterministic]"), "amd64"));
        assertEquals(GuestArchitecture.X86_64, GuestArchitecture.of(Optional.of("kvm"), "amd64"));
        assertEquals(GuestArchitecture.AARCH64, GuestArchitecture.of(Optional.of("kvm[device=/dev/kvm]"), "aarch64"));
        assertThrows(VmmException.Config.class, () -> GuestArchitecture.of(Optional.of("kvm"), "s390x"));
    }
}
