/// The pvpanic PCI device: 1b36:0011, BAR 0 with one byte.
///
/// Reading it tells which events are understood: bit 0 "panicked", bit 1 "crash kernel loaded". Writing it reports events to the
/// machine. Everything runs under the core's lock for the device.
package testudo.plugin.pvpanic;
