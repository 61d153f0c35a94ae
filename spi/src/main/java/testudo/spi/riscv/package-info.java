/// What is special about RISC-V guests: the instruction set that a hart offers, boot registers.
package testudo.spi.riscv;
