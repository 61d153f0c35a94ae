/// The provider of RISC-V machines: options, memory map, plan, loading.
///
/// A plan is made of values and needs no hypervisor. Kernel and initial ramdisk are checked while it is made; loading then only
/// copies, or unpacks. All calls come from the thread that makes the machine, or that resets it.
package testudo.arch.riscv64;
