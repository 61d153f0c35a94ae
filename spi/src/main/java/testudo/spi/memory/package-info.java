/// Guest memory as the VMM and its devices see it. All multi-byte values are little-endian.
package testudo.spi.memory;
