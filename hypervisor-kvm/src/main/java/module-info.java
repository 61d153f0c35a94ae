/// The KVM hypervisor: x86-64 guests.
///
/// What is particular to x86 is in classes whose name starts with `X86`, and in the structures of registers.
@org.jspecify.annotations.NullMarked
module testudo.hypervisor.kvm {
    requires testudo.spi;
    requires testudo.platform.linux;

    provides testudo.spi.hypervisor.HypervisorProvider with
            testudo.hypervisor.kvm.KvmProvider;
}
