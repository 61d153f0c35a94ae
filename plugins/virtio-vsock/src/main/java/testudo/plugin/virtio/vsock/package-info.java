/// The socket device, bridged to Unix sockets of the host.
///
/// Life: the device owns its listener and every connection. Thread: all on the device's loop. Limits: 1024 connections, 64 KiB of the
/// guest's data for each; what a guest sends beyond that ends the connection.
package testudo.plugin.virtio.vsock;
