package testudo.spi.arch;

import java.util.Optional;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.option.Configuration;

/// What machine the user wants, as far as an architecture is concerned.
/// @param kernel the kernel, unless firmware boots
/// @param initrd the initial ramdisk
/// @param firmware the firmware image (`--bios`)
/// @param memoryBytes size of RAM
/// @param vcpus number of vCPUs
/// @param irqchip where interrupts are handled
/// @param configuration for the architecture's own options
public record MachineRequest(
        Optional<KernelImage> kernel,
        Optional<KernelImage> initrd,
        Optional<KernelImage> firmware,
        long memoryBytes,
        int vcpus,
        IrqchipMode irqchip,
        Configuration configuration) {}
