/// Disks.
///
/// Life: made with its image open; at activation each enabled virtqueue gets a disk queue and as many request slots as it has
/// entries; quiescing finishes every request under way; reset gives the queues back and keeps the image.
/// Threads: all requests on the device's loop, or with `multiple-workers` each virtqueue on a loop of its own; a queue's state
/// belongs to its thread, and the only thing they share is the capacity. Limits: a queue full of requests in flight; 32 ranges a
/// discard; one call of a handler takes at most a queue full of requests.
package testudo.plugin.virtio.block;
