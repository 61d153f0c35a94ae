/// What is special about x86 guests: CPUID, boot registers.
package testudo.spi.x86;
