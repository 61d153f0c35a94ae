/// Debug consoles: an I/O port to which firmware prints, or the SBI's, to which kernels do.
@org.jspecify.annotations.NullMarked
module testudo.plugin.debugcon {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.debugcon.DebugconProvider;
}
