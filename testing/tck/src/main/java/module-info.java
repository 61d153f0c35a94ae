/// The conformance tests that every provider passes.
@org.jspecify.annotations.NullMarked
module testudo.testing.tck {
    requires transitive testudo.spi;
    requires transitive testudo.testing.driver;
    requires transitive org.junit.jupiter.api;
    requires org.junit.jupiter.params;
    requires transitive testudo.core;

    exports testudo.testing.tck;
}
