/// Network interfaces for the guest: VIRTIO 1.3, 5.1 "Network Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.net {
    requires org.slf4j;
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.net.NetProvider;
}
