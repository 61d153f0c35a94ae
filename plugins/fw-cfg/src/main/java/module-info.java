/// The firmware configuration device: files that a guest's firmware reads through two ports.
@org.jspecify.annotations.NullMarked
module testudo.plugin.fwcfg {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.fwcfg.FwCfgProvider;
}
