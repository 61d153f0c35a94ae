/// The x86-64 machine: memory map, boot protocols, firmware tables and boot state. Pure data and logic.
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the architecture's name ends in digits
module testudo.arch.x86_64 {
    requires testudo.spi;

    provides testudo.spi.arch.ArchitectureProvider with
            testudo.arch.x86_64.X86Architecture;
}
