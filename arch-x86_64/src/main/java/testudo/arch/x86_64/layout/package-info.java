/// Where things are in guest physical memory: fixed addresses, RAM, PCI windows, the map that firmware hands over.
package testudo.arch.x86_64.layout;
