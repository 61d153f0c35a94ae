/// The command line.
@org.jspecify.annotations.NullMarked
module testudo.cli {
    requires testudo.spi;
    requires testudo.core;
}
