/// Taps: network interfaces of the host whose other end the guest has.
@org.jspecify.annotations.NullMarked
module testudo.plugin.net.tap {
    requires org.slf4j;
    requires testudo.platform.linux;
    requires testudo.spi;

    provides testudo.spi.net.NetworkBackendProvider with testudo.plugin.net.tap.TapNetwork;
}
