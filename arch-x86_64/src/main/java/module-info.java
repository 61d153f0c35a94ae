/// The x86-64 machine: memory map, boot protocols and boot state.
@org.jspecify.annotations.NullMarked
module testudo.arch.x86_64 {
    requires testudo.spi;
}
