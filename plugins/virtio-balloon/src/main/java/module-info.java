/// Memory that the guest lends to the host: VIRTIO 1.3, 5.5 "Traditional Memory Balloon Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.balloon {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.balloon.BalloonProvider;
}
