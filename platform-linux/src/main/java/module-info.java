/// The system calls of a Linux host, behind the host contracts.
///
/// Everything goes through one foreign call shape, libc's `syscall`, because each further shape costs start-up time.
/// Only native modules of the project see descriptors and addresses: the `call` package is exported to them by name.
@org.jspecify.annotations.NullMarked
module testudo.platform.linux {
    requires transitive testudo.spi;
    requires jdk.unsupported;

    exports testudo.platform.linux.call to
            testudo.hypervisor.kvm,
            testudo.plugin.jail.bubblewrap,
            testudo.plugin.jail.minijail,
            testudo.plugin.jail.unshare,
            testudo.plugin.net.tap;
    exports testudo.platform.linux.confine to
            testudo.plugin.jail.bubblewrap,
            testudo.plugin.jail.minijail,
            testudo.plugin.jail.unshare;

    provides testudo.spi.host.HostPlatform with
            testudo.platform.linux.LinuxPlatform;
    provides testudo.spi.host.HostProcesses with
            testudo.platform.linux.confine.LinuxProcesses;
    provides testudo.spi.jail.SystemCallFilter with
            testudo.platform.linux.confine.LinuxSystemCallFilter;
}
