/// Assembles and runs a machine from the providers it finds.
@org.jspecify.annotations.NullMarked
module testudo.core {
    requires transitive testudo.spi;
    requires org.slf4j;
    requires tools.jackson.core;

    exports testudo.core.bus;
    exports testudo.core.control;
    exports testudo.core.loop;
    exports testudo.core.machine;
    exports testudo.core.option;
    exports testudo.core.pci;
    exports testudo.core.ring;
    exports testudo.core.vhost;
    exports testudo.core.virtio;

    uses testudo.spi.arch.ArchitectureProvider;
    uses testudo.spi.device.DeviceProvider;
    uses testudo.spi.disk.DiskFormatProvider;
    uses testudo.spi.host.HostPlatform;
    uses testudo.spi.host.HostProcesses;
    uses testudo.spi.hypervisor.HypervisorProvider;
    uses testudo.spi.irq.InterruptControllerProvider;
    uses testudo.spi.jail.JailProvider;
    uses testudo.spi.jail.SystemCallFilter;
    uses testudo.spi.net.NetworkBackendProvider;
    uses testudo.spi.plugin.PluginSource;
    uses testudo.spi.serial.SerialBackendProvider;

    provides testudo.spi.device.DeviceProvider with
            testudo.core.vhost.VhostUserProvider;
}
