/// The host sides of serial ports and consoles: terminal, file, sockets, pseudo terminal, log.
@org.jspecify.annotations.NullMarked
module testudo.plugin.serial.backends {
    requires org.slf4j;
    requires testudo.spi;

    provides testudo.spi.serial.SerialBackendProvider with testudo.plugin.serial.backends.HostBackends;
}
