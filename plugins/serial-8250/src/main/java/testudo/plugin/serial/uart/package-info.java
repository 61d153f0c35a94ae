/// 16550A serial ports.
///
/// [UartProvider] turns `--serial hardware=serial` into four ports; [UartPlacement] says where an architecture has them; [Uart]
/// has the registers; [ReceiveFlow] moves input from the host to the receive FIFO.
///
/// Registers, by offset (DLAB is bit 7 of LCR): 0 RBR/THR or DLL, 1 IER or DLM, 2 IIR/FCR, 3 LCR, 4 MCR, 5 LSR, 6 MSR, 7 SCR.
///
/// Life: the factory opens the host side, `close()` closes it. Everything runs under the core's lock for the device: registers on
/// vCPU threads, host input on the loop. Limits: the receive FIFO holds 64 bytes of host input, and the host is read only while
/// there is room and the guest listens, so a byte that was typed waits in the host and is not lost. Output has no
/// baud rate: a byte has left the transmitter when the write returns.
package testudo.plugin.serial.uart;
