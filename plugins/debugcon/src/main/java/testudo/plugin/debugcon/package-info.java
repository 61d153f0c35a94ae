/// Debug consoles (Bochs' port E9 protocol): a byte written to the port is printed, a read answers 0xE9.
///
/// Life: the factory opens the host side, `close()` closes it. Everything runs under the core's lock for the device. Output that the
/// host can't take is bounded and counted by the host side.
package testudo.plugin.debugcon;
