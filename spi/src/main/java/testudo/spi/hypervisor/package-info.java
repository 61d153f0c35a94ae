/// What runs guest code: a hypervisor, its virtual machines and their vCPUs.
///
/// A VM goes through created → configured → sealed → running → stopped. Everything that only some hypervisors have
/// (in-kernel interrupt controller, irqfd, ioeventfd, dirty log, register access, memory removal) is a capability: ask for
/// its type with [Vm#capability(Class)] or [Vcpu#capability(Class)].
package testudo.spi.hypervisor;
