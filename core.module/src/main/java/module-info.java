/// Assembles and runs a machine from the providers it finds.
@org.jspecify.annotations.NullMarked
module testudo.core {
    requires transitive testudo.spi;
    requires org.slf4j;
    requires tools.jackson.core;

    exports testudo.core.option;
}
