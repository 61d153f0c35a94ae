/// Where a RISC-V machine has its memory and devices.
package testudo.arch.riscv64.layout;
