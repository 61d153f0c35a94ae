package testudo.spi.riscv;

import testudo.spi.hypervisor.BootState;

/// The registers with which a RISC-V hart enters the guest in S-mode, translation and interrupts off.
///
/// "RISC-V boot protocol" of Linux: a0 holds the hart's identity, a1 the address of the device tree.
/// @param pc first instruction, even
/// @param a0 register x10
/// @param a1 register x11
/// @param started false for a hart that waits until another one starts it (SBI, "Hart State Management Extension")
public record RiscvBootState(long pc, long a0, long a1, boolean started) implements BootState {}
