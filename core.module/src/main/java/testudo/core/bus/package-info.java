/// Address decoding for vCPU threads: which device answers at a port or an address.
package testudo.core.bus;
