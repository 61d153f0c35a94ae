/// Disks: VIRTIO 1.3, 5.2 "Block Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.block {
    requires org.slf4j;
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.block.BlockProvider;
}
