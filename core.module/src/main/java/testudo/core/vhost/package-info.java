/// vhost-user, both ends: a virtio device of this process for another monitor, and a device of another process for this machine.
///
/// Specification: "Vhost-user Protocol" of the QEMU documentation. Both ends distrust the other: every message is checked against its exact
/// size and number of handles before anything is done, handles are closed on every path, and what a peer sends bounds no allocation.
package testudo.core.vhost;
