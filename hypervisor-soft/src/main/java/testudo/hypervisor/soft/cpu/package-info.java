/// A hart: its registers, its instructions one at a time, its traps and interrupts.
package testudo.hypervisor.soft.cpu;
