/// Kernel files and how Linux is started on RISC-V ("RISC-V Kernel Boot Image Header", "RISC-V Kernel Boot Requirements and Constraints").
///
/// Files are untrusted: every number in them is checked before it is used, and what is wrong becomes a configuration error.
package testudo.arch.riscv64.boot;
