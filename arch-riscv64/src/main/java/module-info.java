/// The RISC-V machine: memory map, boot protocol, device tree and boot state. Pure data and logic.
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the architecture's name ends in digits
module testudo.arch.riscv64 {
    requires testudo.spi;

    provides testudo.spi.arch.ArchitectureProvider with
            testudo.arch.riscv64.RiscvArchitecture;
}
