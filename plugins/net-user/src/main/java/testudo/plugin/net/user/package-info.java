/// User-mode address translation.
///
/// The guest sees a network 10.0.2.0/24 with a gateway (.2), a name server (.3) and itself (.15, by DHCP). Its TCP connections end
/// here and are carried on by ordinary sockets of the host; its datagrams leave from ordinary sockets too.
///
/// Threads: the device's transmit thread brings the guest's frames, the stack's own thread waits for the host's sockets and for time;
/// both work on the stack under its one lock and never block in it. Frames for the guest go through a bounded ring.
///
/// Everything that a guest can make many of is bounded: connections, datagram flows, bytes waiting. What is over is refused or dropped.
package testudo.plugin.net.user;
