/// The system calls of a Linux host, behind the host contracts.
///
/// Everything goes through one foreign call shape, libc's `syscall`, because each further shape costs start-up time.
/// Only native modules of the project see descriptors and addresses: the `call` package is exported to them by name.
@org.jspecify.annotations.NullMarked
module testudo.platform.linux {
    requires transitive testudo.spi;
    requires jdk.unsupported;

    exports testudo.platform.linux.call to
            testudo.hypervisor.kvm;

    provides testudo.spi.host.HostPlatform with
            testudo.platform.linux.LinuxPlatform;
}
