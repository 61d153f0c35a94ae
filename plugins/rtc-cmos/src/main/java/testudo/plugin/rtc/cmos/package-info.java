/// An MC146818A real-time clock with 128 bytes of CMOS memory.
///
/// Ports 0x70 (index; bit 7, the NMI mask, is ignored) and 0x71 (data), interrupt 8, edge. Registers: 0, 2, 4, 6-9 time, 1, 3, 5 alarm,
/// 0x0A-0x0D control and flags, 0x32 century, 0x33 and 0x34 day and month of the alarm. Memory sizes, where firmware looks for them:
/// 0x15-0x18, 0x30, 0x31, 0x34, 0x35 (64 KiB units above 16 MiB), 0x5B-0x5D (64 KiB units above 4 GiB), 0x5F further vCPUs.
///
/// [CmosClock] keeps the time, as an offset to the host's UTC clock; [Cmos] has the registers and the two timers (seconds and
/// periodic), which run only while the guest has enabled their interrupts. Everything runs under the core's lock for the device.
package testudo.plugin.rtc.cmos;
