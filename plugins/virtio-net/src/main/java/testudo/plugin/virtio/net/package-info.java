/// The network device.
///
/// Life: made with an open link, which it owns; each queue pair moves frames between the link and guest memory through one scratch
/// buffer of its own, so that a guest that changes a buffer while it is read changes nothing that was checked.
/// Thread: with one queue pair everything runs on the device's loop; with more, each receive and each transmit queue has its own loop,
/// and the control queue is served on the device's. Limits: one call of a handler moves at most a queue full of frames.
package testudo.plugin.virtio.net;
