/// Jails, from inside and from outside, on the kernel of this machine.
@org.jspecify.annotations.NullMarked
package testudo.testing.jail;
