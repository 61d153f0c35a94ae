/// A fake hypervisor: no interrupt controller, no irqfd, no ioeventfd, no dirty log, no register access.
///
/// What the core can do with this one it can do with the poorest real one. A guest is a [GuestProgram], run on a thread of its own; every
/// access it makes becomes an exit on the vCPU's thread, exactly as with a real hypervisor.
package testudo.testing.machine;
