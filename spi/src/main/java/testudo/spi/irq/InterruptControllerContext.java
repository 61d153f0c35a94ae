package testudo.spi.irq;

import java.util.Optional;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;

/// What interrupt controllers outside of the hypervisor need of the machine.
public interface InterruptControllerContext {
    /// Where interrupts are handled.
    /// @return [IrqchipMode#SPLIT] or [IrqchipMode#USERSPACE]
    IrqchipMode mode();

    /// Where the plan puts the controllers' registers, and how many pins they have.
    /// @return the plan's
    Interrupts interrupts();

    /// The number of vCPUs.
    /// @return 1 or more
    int vcpus();

    /// Clocks and events.
    /// @return the platform
    HostPlatform host();

    /// The loop on which timers run.
    /// @return the machine's loop
    EventLoop loop();

    /// How messages reach the vCPUs when the per-vCPU controllers are in the hypervisor.
    /// @return present in split mode
    Optional<MsiInjector> messages();

    /// Control over vCPUs, needed where the per-vCPU controllers are emulated.
    /// @return the control
    VcpuControl vcpuControl();

    /// Control over vCPUs. Any thread.
    interface VcpuControl {
        /// Makes a vCPU look at [InterruptController#pending] soon, also when it is halted.
        /// @param vcpu its index
        void interrupt(int vcpu);

        /// Puts a vCPU into its wait-for-SIPI state.
        /// @param vcpu its index
        void init(int vcpu);

        /// Starts a waiting vCPU in real mode.
        /// @param vcpu its index
        /// @param page start address / 4096, 0 to 255
        void startup(int vcpu, int page);

        /// The vCPU whose thread calls.
        /// @return an index, or -1 for another thread
        int current();
    }
}
