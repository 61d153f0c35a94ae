/// Virtio devices: what a device states about itself, and the queues it serves. Transports are the core's.
package testudo.spi.virtio;
