/// Debug consoles. On x86 Bochs' port E9 protocol ([Debugcon]): a byte written to the port is printed, a read answers 0xE9. On RISC-V the SBI's
/// extension DBCN ([SbiConsole]).
///
/// Life: the factory opens the host side, `close()` closes it. Everything runs under the core's lock for the device. Output that the
/// host can't take is bounded and counted by the host side.
package testudo.plugin.debugcon;
