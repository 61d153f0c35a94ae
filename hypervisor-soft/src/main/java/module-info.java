/// A hypervisor that needs none: a RISC-V processor in Java.
///
/// It runs S- and U-mode of RV64GC guests anywhere a Java virtual machine runs. What lies below S-mode, the SBI, is answered here as well.
@org.jspecify.annotations.NullMarked
module testudo.hypervisor.soft {
    requires testudo.spi;

    provides testudo.spi.hypervisor.HypervisorProvider with
            testudo.hypervisor.soft.SoftProvider;
}
