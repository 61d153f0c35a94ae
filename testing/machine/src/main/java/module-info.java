/// A hypervisor without hardware, whose guests are Java programs: for tests of whole machines.
@org.jspecify.annotations.NullMarked
module testudo.testing.machine {
    requires transitive testudo.spi;

    exports testudo.testing.machine;
}
