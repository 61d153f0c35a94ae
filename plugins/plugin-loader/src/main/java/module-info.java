/// Loads vendors' plugins: signed archives outside of the runtime image, each in a module layer of its own.
///
/// The life of plugins (descriptors, order of dependencies, states) is PF4J's; what a plugin consists of, whether it is trusted and how
/// its modules are defined is decided here. Author's guide: `docs/plugins.md`.
@org.jspecify.annotations.NullMarked
module testudo.plugin.loader {
    requires testudo.spi;
    requires org.pf4j;
    requires com.github.zafarkhaja.semver;

    provides testudo.spi.plugin.PluginSource with testudo.plugin.loader.ArchivePluginSource;
    provides testudo.spi.command.ToolProvider with testudo.plugin.loader.PluginCommands;
}
