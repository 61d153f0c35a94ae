/// A network for guests that needs no privileges: address translation by a TCP/IP stack of this process.
@org.jspecify.annotations.NullMarked
module testudo.plugin.net.user {
    requires org.slf4j;
    requires testudo.spi;

    provides testudo.spi.net.NetworkBackendProvider with testudo.plugin.net.user.UserNetwork;
}
