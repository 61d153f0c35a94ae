/// The life of plugins: PF4J, with the descriptor that its jar lacks.
///
/// Its annotation processor (`java.compiler`) and its class file scanner (ASM) are neither exported nor needed: providers are found
/// by [java.util.ServiceLoader].
module org.pf4j {
    requires com.github.zafarkhaja.semver;
    requires transitive org.slf4j;

    exports org.pf4j;
}
