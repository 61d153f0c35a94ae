import org.slf4j.spi.SLF4JServiceProvider;

/// The command line.
@org.jspecify.annotations.NullMarked
module testudo.cli {
    requires org.slf4j;
    requires testudo.core;
    requires testudo.spi;

    uses testudo.spi.command.ToolProvider;
    uses testudo.spi.plugin.PluginSource;

    provides SLF4JServiceProvider with testudo.cli.StderrLogging;
}
