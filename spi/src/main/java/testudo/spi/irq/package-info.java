/// Interrupts: lines, messages and the controllers that deliver them.
package testudo.spi.irq;
