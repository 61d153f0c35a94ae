/// Differential tests: random programs run by this CPU and by an independent one must leave the same state.
///
/// [ProgramGenerator] makes a [Program] from a seed; the same program runs under QEMU's user mode ([QemuUser]) and in an interpreter or a
/// translator of ours. A failing test prints the seed, and `-Dtestudo.difftest.seed=…` replays it.
package testudo.hypervisor.soft.difftest;
