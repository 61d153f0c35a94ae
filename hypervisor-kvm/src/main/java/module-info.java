/// The KVM hypervisor.
@org.jspecify.annotations.NullMarked
module testudo.hypervisor.kvm {
    requires testudo.spi;
    requires testudo.platform.linux;
}
