/// The program of every device process.
@org.jspecify.annotations.NullMarked
module testudo.devicehost {
    requires testudo.core;
    requires testudo.spi;
}
