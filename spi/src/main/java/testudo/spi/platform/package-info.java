/// Devices at fixed I/O ports or memory addresses.
package testudo.spi.platform;
