package testudo.spi.hypervisor;

import testudo.spi.riscv.RiscvBootState;
import testudo.spi.x86.X86BootState;

/// The state in which a vCPU starts. One kind for each guest architecture.
public sealed interface BootState permits RiscvBootState, X86BootState {}
