package testudo.core.machine;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.jail.JailOptions;
import testudo.spi.option.Configuration;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;

/// The options of a machine that belong to no provider.
public final class MachineOptions {
    /// The heading of machine options in help.
    public static final String GROUP = "Machine";

    /// The kernel.
    public static final OptionDeclaration<Path> KERNEL = OptionDeclaration.argument("KERNEL", Path.class,
            "kernel image; this or --bios is required");
    /// The initial ramdisk.
    public static final OptionDeclaration<Path> INITRD = OptionDeclaration.value(
            "initrd", Path.class, "PATH", GROUP, "initial ramdisk")
            .withShortName('i');
    /// Firmware instead of a kernel.
    public static final OptionDeclaration<Path> BIOS = OptionDeclaration.value("bios", Path.class, "PATH", GROUP,
            "firmware image to boot instead of a kernel");
    /// Kernel parameters.
    public static final OptionDeclaration<String> PARAMS = OptionDeclaration.value(
            "params", String.class, "TEXT", GROUP, "kernel parameters, appended in order; repeatable")
            .withShortName('p')
            .repeated(true);
    /// Memory.
    public static final OptionDeclaration<Memory> MEM = OptionDeclaration.keyValues(
            "mem", Memory.class, MethodHandles.lookup(), GROUP, "guest memory")
            .withShortName('m')
            .repeated(false)
            .withSyntax("MIB");
    /// CPUs.
    public static final OptionDeclaration<Cpus> CPUS = OptionDeclaration.keyValues(
            "cpus", Cpus.class, MethodHandles.lookup(), GROUP, "virtual CPUs")
            .withShortName('c')
            .repeated(false)
            .withSyntax("COUNT");
    /// The hypervisor.
    public static final OptionDeclaration<String> HYPERVISOR = OptionDeclaration.value(
            "hypervisor", String.class, "ID[[device=PATH]]", GROUP, "hypervisor to use; by default the best that is ready");
    /// Where interrupts are handled.
    public static final OptionDeclaration<Irqchip> IRQCHIP = OptionDeclaration.value(
            "irqchip", Irqchip.class, "kernel|split|userspace", GROUP, "where interrupt controllers live, default kernel");
    /// How virtio devices are reached.
    public static final OptionDeclaration<VirtioTransport> VIRTIO_TRANSPORT = OptionDeclaration.value(
            "virtio-transport", VirtioTransport.class, "pci|mmio", GROUP,
            "how virtio devices without a pci-address are reached, default pci");
    /// The control socket.
    public static final OptionDeclaration<Path> SOCKET = OptionDeclaration.value(
            "socket", Path.class, "PATH", GROUP, "control socket; in a directory it is called crosvm-PID.sock")
            .withShortName('s');
    /// No jails.
    public static final OptionDeclaration<Boolean> DISABLE_SANDBOX = OptionDeclaration.flag("disable-sandbox", "Security",
            "run devices inside the main process, without jails");
    /// A process for each device, which is the default; with the option above, without jails.
    public static final OptionDeclaration<Boolean> DEVICE_PROCESSES = OptionDeclaration.flag("device-processes", "Security",
            "run each virtio device in a process of its own, the default; with --disable-sandbox without jails");
    /// The machine's name.
    public static final OptionDeclaration<String> NAME = OptionDeclaration.value("name", String.class, "TEXT", GROUP,
            "name of the machine, for memory labels and logs");

    /// All of them.
    public static final List<OptionDeclaration<?>> ALL = Stream.concat(
            Stream.of(
                    KERNEL, INITRD, BIOS, PARAMS, MEM, CPUS, HYPERVISOR, IRQCHIP, VIRTIO_TRANSPORT, SOCKET, DISABLE_SANDBOX,
                    DEVICE_PROCESSES, NAME),
            JailOptions.declarations().stream())
            .toList();

    private MachineOptions() {}

    static VirtioTransport virtioTransport(Configuration configuration) {
        return configuration.value(VIRTIO_TRANSPORT).orElse(VirtioTransport.PCI);
    }

    /// Guest memory.
    /// @param size in MiB
    public record Memory(@Key(fallback = "256", min = 1, max = 1L << 30, help = "size in MiB") long size) {}

    /// Virtual CPUs.
    /// @param numCores how many
    public record Cpus(@Key(fallback = "1", min = 1, max = 4096, help = "number of vCPUs") int numCores) {}

    /// Where interrupt controllers live.
    public enum Irqchip {
        /// In the hypervisor.
        KERNEL,
        /// Per-vCPU controllers in the hypervisor, the rest in a plugin.
        SPLIT,
        /// In a plugin.
        USERSPACE;

        IrqchipMode mode() {
            return IrqchipMode.valueOf(name());
        }
    }

    /// How virtio devices are reached.
    public enum VirtioTransport {
        /// As functions on PCI bus 0.
        PCI,
        /// Through memory-mapped registers that the firmware tables announce.
        MMIO
    }
}
