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
    GENERIC_6_1("6.1-generic");

    private final String folder;

    Kernel(String name) {
        this.folder = "/material/kernels/" + name;
    }

    /// The compressed kernel, as Debian ships it.
    String bzImage() {
        return folder + "/bzImage";
    }

    /// The ELF file that was inside the compressed kernel.
    String vmlinux() {
        return folder + "/vmlinux";
    }

    /// An initramfs with this kernel's virtio modules and the guest shell.
    String initramfs() {
        return folder + "/initramfs";
    }

    /// The file with what `uname -r` says.
    String releaseFile() {
        return folder + "/release";
    }
}
