package testudo.spi.hypervisor;

import testudo.spi.x86.X86BootState;

/// The state in which a vCPU starts. One kind for each guest architecture.
public sealed interface BootState permits X86BootState {}
