/// KVM: machines, vCPUs, memory slots, interrupts.
///
/// Descriptors belong to the machine's arena-like owner [testudo.hypervisor.kvm.KvmVm] and go in reverse order at its end. The exit
/// path reads the shared run page at constant offsets and makes one system call, KVM_RUN.
package testudo.hypervisor.kvm;
