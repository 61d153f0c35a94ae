package testudo.spi.hypervisor;

/// What kind of machine is wanted.
/// @param name for diagnostics and memory labels
/// @param vcpus number of vCPUs, 1 or more
/// @param irqchip where interrupts are handled
public record VmRequest(String name, int vcpus, IrqchipMode irqchip) {
    /// Where the interrupt controllers live.
    public enum IrqchipMode {
        /// All in the hypervisor.
        KERNEL,
        /// Per-vCPU controllers in the hypervisor, the rest in a plugin.
        SPLIT,
        /// All in a plugin.
        USERSPACE
    }
}
