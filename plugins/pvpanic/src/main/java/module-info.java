/// The pvpanic PCI device, by which a guest tells that it crashed.
@org.jspecify.annotations.NullMarked
module testudo.plugin.pvpanic {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.pvpanic.PvpanicProvider;
}
