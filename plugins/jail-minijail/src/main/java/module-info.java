/// Jails made by minijail.
@org.jspecify.annotations.NullMarked
module testudo.plugin.jail.minijail {
    requires testudo.platform.linux;
    requires testudo.spi;

    provides testudo.spi.jail.JailProvider with testudo.plugin.jail.minijail.MinijailJails;
}
