/// The socket device (VIRTIO 1.3, 5.10 "Socket Device"), served by the kernel's vhost-vsock or bridged to Unix sockets of the host.
///
/// The way of a packet: [testudo.plugin.virtio.vsock.VsockDevice] moves chains; `GuestPackets` does what a guest's packet says, `HostPackets`
/// makes those for the guest; both work on the connections of the `Bridge`, to which `Clients` brings the host's.
///
/// Life: the device owns its listeners, its timer and every connection; a reset of the device ends all connections. Thread: all on the device's loop,
/// which never waits for a socket. Limits: 1024 connections, with those that are being made or that end; 64 KiB of the guest's data wait for a
/// socket, and 64 KiB of a message for the guest; a guest that sends more than its credit loses the connection.
package testudo.plugin.virtio.vsock;
