/// PCI: configuration space and its two access mechanisms, base address registers, MSI-X, interrupt pins, placement of functions.
///
/// Configuration accesses come from vCPU threads and are serialised by the [testudo.core.pci.PciRoot]. Numbers: PCI Local Bus 3.0 and PCI Express 4.0 base specifications.
package testudo.core.pci;
