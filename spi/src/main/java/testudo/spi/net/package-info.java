/// Networks: what a user asks of a network interface, and the host side that carries its frames.
package testudo.spi.net;
