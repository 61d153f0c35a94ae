/// IMSIC and APLIC as a hypervisor's guest sees them: one supervisor-level interrupt file a hart, one APLIC domain that turns wires into
/// messages.
///
/// Messages come from any thread and take no lock: a bit is set in the file, and the hart is kicked when that is news to it. A hart's own
/// accesses come from its thread. Wires take the APLIC's lock. Nothing a guest writes allocates, and identities, hart numbers and sources
/// are checked where they are used.
package testudo.plugin.irqchip.aia;
