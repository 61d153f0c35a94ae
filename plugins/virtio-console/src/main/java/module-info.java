/// Consoles: VIRTIO 1.3, 5.3 "Console Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.console {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.console.ConsoleProvider;
}
