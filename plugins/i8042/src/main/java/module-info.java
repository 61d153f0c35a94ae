/// The ports of an i8042 keyboard controller without a keyboard: enough to reset the machine.
@org.jspecify.annotations.NullMarked
module testudo.plugin.keyboard {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.keyboard.KeyboardControllerProvider;
}
