/// Bit manipulation and integer arithmetic for which Java has no method.
package testudo.hypervisor.soft.bits;
