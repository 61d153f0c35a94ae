/// Entropy for the guest: VIRTIO 1.3, 5.4 "Entropy Device".
@org.jspecify.annotations.NullMarked
module testudo.plugin.virtio.rng {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.virtio.rng.RngProvider;
}
