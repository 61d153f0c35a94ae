/// The host's side of serial ports and consoles: one set of options for every device that has such a port.
package testudo.spi.serial;
