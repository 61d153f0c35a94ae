/// Virtqueues as the device sees them: taking chains, completing them, suppressing notifications (VIRTIO 1.3, 2.7 and 2.8).
///
/// Ring addresses and sizes are fixed when a queue is made. Every field that the driver can change is read once; descriptors are copied into
/// the [testudo.spi.virtio.DescriptorChain] and checked before anything uses them. Nothing allocates after construction.
package testudo.core.ring;
