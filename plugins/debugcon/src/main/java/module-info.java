/// Debug consoles: an I/O port to which firmware prints.
@org.jspecify.annotations.NullMarked
module testudo.plugin.debugcon {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.debugcon.DebugconProvider;
}
