/// Virtio: the device's life cycle once for all transports, and the PCI transport.
package testudo.core.virtio;
