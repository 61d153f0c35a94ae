/// Sockets between host and guest: VIRTIO 1.3, 5.10 "Socket Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.vsock {
    requires org.slf4j;
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.vsock.VsockProvider;
}
