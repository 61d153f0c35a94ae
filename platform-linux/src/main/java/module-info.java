/// The system calls of a Linux host, behind the host contracts.
@org.jspecify.annotations.NullMarked
module testudo.platform.linux {
    requires transitive testudo.spi;
}
