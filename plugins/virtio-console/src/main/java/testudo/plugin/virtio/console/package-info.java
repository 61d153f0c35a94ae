/// Virtio consoles: each `--serial hardware=virtio-console` is a device with one port.
///
/// Life: made with the host side of its port open; moves bytes from activation to quiescence.
/// Thread: its event loop's, for everything. Limits: 4 KiB of input are read ahead, and only while the guest has room (the host
/// side waits otherwise); 1 MiB of a single output request is taken; one call of a handler serves at most a queue full of requests.
package testudo.plugin.virtio.console;
