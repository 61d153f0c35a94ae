/// A flash chip for the variables of UEFI firmware, with the byte commands of Intel's parallel flash.
@org.jspecify.annotations.NullMarked
module testudo.plugin.pflash {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.pflash.PflashProvider;
}
