/// The `tap` backend of network interfaces: taps and macvtaps by name or descriptor, taps made and configured here, with the frames moved by
/// the device or by the kernel's vhost-net.
///
/// Life: a link owns its descriptors; a tap that was made here goes with the last of them. Threads: each queue's two directions have one each;
/// opening, [testudo.spi.net.NetworkLink#agree] and [testudo.spi.net.NetworkLink#use] come on the device's loop.
package testudo.plugin.net.tap;
