package testudo.spi.hypervisor;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.riscv.RiscvProfile;
import testudo.spi.x86.X86Profile;

/// Facts about a hypervisor that a machine plan depends on: a value that a test can make.
/// @param id the provider's identity
/// @param architectures the guest architectures it runs, such as `x86_64`
/// @param maxVcpus the largest number of vCPUs
/// @param guestAddressBits width of a guest physical address, 32 to 64
/// @param irqchipModes what it supports, preferred first
/// @param features optional facilities
/// @param x86 facts about x86 guests, present when `architectures` has `x86_64`
/// @param riscv facts about RISC-V guests, present when `architectures` has `riscv64`
public record HypervisorProfile(
        String id,
        Set<String> architectures,
        int maxVcpus,
        int guestAddressBits,
        List<IrqchipMode> irqchipModes,
        Set<Feature> features,
        Optional<X86Profile> x86,
        Optional<RiscvProfile> riscv) {
    /// Optional facilities of a hypervisor.
    public enum Feature {
        /// Message-signalled interrupts reach the guest.
        MSI,
        /// Interrupts can be bound to host events ([Vm] capability of interrupt controllers).
        IRQ_EVENTS,
        /// Guest writes can be bound to host events ([IoEvents]).
        IO_EVENTS,
        /// Read-only regions ([MemoryRequest#readOnly()]).
        READ_ONLY_MEMORY,
        /// Regions can be removed while the machine runs.
        MEMORY_REMOVAL,
        /// Written pages can be listed ([DirtyLog]).
        DIRTY_LOG,
        /// vCPU registers can be read ([RegisterAccess]).
        REGISTERS,
        /// The same machine does the same again: one vCPU executes at a time, and time is counted in what they execute ([VirtualTime]). Devices
        /// must have done what an access asked of them when it returns.
        REPEATABLE
    }

    /// Copies the collections.
    public HypervisorProfile {
        architectures = Set.copyOf(architectures);
        irqchipModes = List.copyOf(irqchipModes);
        features = Set.copyOf(features);
    }
}
