/// A PC's interrupt controllers for hypervisors that have none, or only local APICs.
///
/// | | split | userspace |
/// |---|---|---|
/// | [Pic] pair, ports 0x20, 0xA0, 0x4D0 | here | here |
/// | [IoApic], 0xFEC00000, 24 pins | here | here |
/// | [Pit], ports 0x40-0x43, 0x61 | here | here |
/// | [LocalApic], 0xFEE00000, one each vCPU | hypervisor | here |
///
/// Threads: lines are raised by device loops and vCPUs, registers are accessed by vCPUs, timers expire on the machine's loop. One
/// lock ([Wiring]) guards all chips; they are small and every operation is bounded. Calls out of the plugin that could lead
/// back into it or wait for another lock (waking vCPUs, INIT and SIPI, acknowledgement of level lines) are noted
/// under the lock and made after it has been released.
///
/// Limits: xAPIC only, ids 0 to 254; no TSC deadline mode; NMI and SMI messages are dropped, because a vCPU has no such input.
package testudo.plugin.irqchip.x86;
