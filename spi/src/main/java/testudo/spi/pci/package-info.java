/// PCI devices. The core owns configuration space, BAR addresses, MSI-X and interrupt pins; a device sees accesses to its BARs.
package testudo.spi.pci;
