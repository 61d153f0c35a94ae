package testudo.plugin.demo;

import java.util.Arrays;
import java.util.Optional;
import testudo.spi.VmmException;

/// What guests there are packages for.
enum GuestArchitecture {
    /// 64-bit RISC-V, which the software hypervisor runs.
    RISCV64("riscv64", "riscv64", "linux-image-riscv64"),
    /// x86-64; the kernel for virtual machines, a quarter of the size.
    X86_64("amd64", "amd64", "linux-image-cloud-amd64"),
    /// 64-bit Arm; likewise.
    AARCH64("aarch64", "arm64", "linux-image-cloud-arm64");

    private final String javaName;
    private final String debianName;
    private final String kernelPackage;

    GuestArchitecture(String javaName, String debianName, String kernelPackage) {
        this.javaName = javaName;
        this.debianName = debianName;
        this.kernelPackage = kernelPackage;
    }

    /// Debian's name of it, such as `amd64`.
    String debianName() {
        return debianName;
    }

    /// The package that depends on the newest kernel.
    String kernelPackage() {
        return kernelPackage;
    }

    /// What a hypervisor runs: the software one RISC-V, all others the host's own architecture.
    /// @param hypervisor the value of `--hypervisor`, if given
    /// @param hostArchitecture as in the system property `os.arch`
    /// @throws VmmException.Config when no guest is known for the host
    static GuestArchitecture of(Optional<String> hypervisor, String hostArchitecture) {
        if (hypervisor.isEmpty() || hypervisor.get().split("\\[", 2)[0].equals(Machine.SOFTWARE_HYPERVISOR)) {
            return RISCV64;
        }
        return Arrays.stream(values()).filter(each -> each.javaName.equals(hostArchitecture)).findFirst()
                .orElseThrow(() -> new VmmException.Config(
                        "demo: no guest is known for the architecture %s of this host [--hypervisor %s]; leave --hypervisor out"
                                .formatted(hostArchitecture, hypervisor.get())));
    }
}
