/// The guest side of a device, for tests.
@org.jspecify.annotations.NullMarked
module testudo.testing.driver {
    requires transitive testudo.spi;
}
