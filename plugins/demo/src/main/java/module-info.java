/// `testudo demo`: boots a stock Linux of the distribution to a shell, and fetches it first where that is needed.
@org.jspecify.annotations.NullMarked
module testudo.plugin.demo {
    requires testudo.spi;
    requires org.tukaani.xz;

    provides testudo.spi.command.ToolProvider with testudo.plugin.demo.DemoCommand;
}
