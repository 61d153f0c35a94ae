package testudo.core.machine;

import java.util.List;
import java.util.Optional;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.MsiInjector;

/// What interrupt controllers outside of the hypervisor get of the machine.
/// @param mode where interrupts are handled
/// @param interrupts where the controllers' registers are
/// @param vcpus number of vCPUs
/// @param host the platform
/// @param loop the machine's
/// @param messages how messages reach the vCPUs in split mode
/// @param vcpuControl control over vCPUs
record ControllerContext(
        IrqchipMode mode,
        Interrupts interrupts,
        int vcpus,
        HostPlatform host,
        EventLoop loop,
        Optional<MsiInjector> messages,
        InterruptControllerContext.VcpuControl vcpuControl) implements InterruptControllerContext {}
