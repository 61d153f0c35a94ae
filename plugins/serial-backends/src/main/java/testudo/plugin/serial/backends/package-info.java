/// Host sides of serial ports and consoles.
///
/// Life: a port opens its files and sockets with it, except sockets whose peer is not there yet, which are tried again every 10 ms;
/// closing it hands on what is still buffered as far as the host takes it, and gives the terminal its earlier mode back.
/// Thread: the loop that owns the port, for everything. Limits: 64 KiB of output wait for a slow host, then output is dropped and
/// counted; `type=syslog` logs 200 lines a second of at most 1024 bytes. Nothing blocks.
package testudo.plugin.serial.backends;
