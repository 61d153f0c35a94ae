/// Guest architectures: memory map, boot protocol, firmware tables, boot state. Pure data and logic: no hypervisor, no devices by name.
package testudo.spi.arch;
