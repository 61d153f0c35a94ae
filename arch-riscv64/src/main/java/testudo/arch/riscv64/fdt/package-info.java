/// The device tree that tells a guest what it has (Devicetree Specification v0.4).
package testudo.arch.riscv64.fdt;
