package testudo.arch.x86_64.cpu;

import testudo.spi.hypervisor.VmRequest.IrqchipMode;

/// What the user wants the processors to be like.
/// @param vcpus how many
/// @param irqchip where interrupts are handled
/// @param topology how they are related
/// @param nested whether the guest may run guests
/// @param hardwarePerformanceStates whether HWP is shown where the host has it
/// @param calibratedTscLeaf whether leaf 0x15 states the measured frequency
public record CpuOptions(
        int vcpus,
        IrqchipMode irqchip,
        Topology topology,
        Nested nested,
        boolean hardwarePerformanceStates,
        boolean calibratedTscLeaf) {
    /// How vCPUs are related.
    public enum Topology {
        /// Two threads a core where that works out.
        THREADS,
        /// Each vCPU is a core.
        CORES,
        /// As on the host.
        HOST
    }

    /// Whether a guest may run guests.
    public enum Nested {
        /// No.
        OFF,
        /// Where the host can.
        AUTO,
        /// Yes, or the machine does not start.
        ON
    }

    /// Threads that share a core.
    /// @return 1 or more
    public int threadsPerCore() {
        if (topology == Topology.CORES || vcpus == 1) {
            return 1;
        }
        return vcpus % 2 == 0 ? 2 : vcpus;
    }
}
