/// Whole machines on this computer's own `/dev/kvm`, started as users start them: the command line in a process of its own, with the
/// product's modules on the module path.
///
/// Guests are small on purpose: where KVM only interprets privileged code, a stock kernel would take minutes, a BIOS takes seconds.
/// Tests skip themselves where there is no usable KVM or where the distribution's package `seabios` is not installed.
package testudo.testing.firmware;
