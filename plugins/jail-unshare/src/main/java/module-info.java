/// Jails made with the kernel's own calls: nothing needs to be installed.
@org.jspecify.annotations.NullMarked
module testudo.plugin.jail.unshare {
    requires testudo.platform.linux;
    requires testudo.spi;

    provides testudo.spi.jail.JailProvider with testudo.plugin.jail.unshare.UnshareJails;
}
