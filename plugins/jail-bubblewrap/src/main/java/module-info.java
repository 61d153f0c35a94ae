/// Jails made by bubblewrap.
@org.jspecify.annotations.NullMarked
module testudo.plugin.jail.bubblewrap {
    requires testudo.platform.linux;
    requires testudo.spi;

    provides testudo.spi.jail.JailProvider with testudo.plugin.jail.bubblewrap.BubblewrapJails;
}
