/// Serial ports COM1 to COM4: National Semiconductor PC16550D, "Universal Asynchronous Receiver/Transmitter with FIFOs".
@org.jspecify.annotations.NullMarked
module testudo.plugin.serial.uart {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.serial.uart.UartProvider;
}
