package testudo.testing.e2e;

/// The stock Debian kernels that guests run.
enum Kernel {
    /// Debian 13, for virtual machines: most virtio drivers built in.
    CLOUD_6_12("6.12-cloud"),
    /// Debian 13, for every machine: virtio drivers are modules.
    GENERIC_6_12("6.12-generic"),
    /// Debian 12, for virtual machines.
    CLOUD_6_1("6.1-cloud"),
    /// Debian 12, for every machine.
    GENERIC_6_1("6.1-generic"),
    /// Debian 13 for RISC-V, which has one flavour: most virtio drivers are modules.
    RISCV64_6_12("6.12-riscv64");

    private final String folder;

    Kernel(String name) {
        this.folder = "/kernels/" + name;
    }

    /// The kernel, as Debian ships it.
    String image(Host host) {
        return host.material() + folder + "/image";
    }

    /// The ELF file that was inside an x86 kernel.
    String vmlinux(Host host) {
        return host.material() + folder + "/vmlinux";
    }

    /// An initramfs with this kernel's virtio modules and the guest shell.
    String initramfs(Host host) {
        return host.material() + folder + "/initramfs";
    }

    /// The file with what `uname -r` says.
    String releaseFile(Host host) {
        return host.material() + folder + "/release";
    }
}
