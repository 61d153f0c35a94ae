/// Names and facts of virtio device types that no installed device need know: VIRTIO 1.3, 5 "Device Types".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.types {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.types.TypesProvider;
}
