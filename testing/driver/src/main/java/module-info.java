/// The guest side of a device, and a host that lives in memory, for tests.
@org.jspecify.annotations.NullMarked
module testudo.testing.driver {
    requires transitive testudo.spi;
    requires jdk.management;

    exports testudo.testing.driver;
}
