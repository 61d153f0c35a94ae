package testudo.spi.arch;

import java.util.Map;
import java.util.Optional;
import testudo.spi.hypervisor.BootState;
import testudo.spi.memory.GuestMemory;

/// A machine that has been thought through.
public interface PlannedMachine {
    /// Where everything goes: a value.
    /// @return the plan
    MachinePlan plan();

    /// Writes kernel, ramdisk, firmware, command line and firmware tables into guest memory. Also after a guest reset.
    /// @param memory with all regions of the plan
    /// @param layout where the core has put the devices
    /// @throws testudo.spi.VmmException.Config when something does not fit, for example the command line
    void load(GuestMemory memory, MachineLayout layout);

    /// How a vCPU starts. After [#load].
    /// @param vcpu its index
    /// @return the state
    BootState bootState(int vcpu);

    /// How a vCPU starts again that another one has reset and started by an interrupt (x86: INIT, then SIPI), where the controllers that
    /// carry such interrupts are outside of the hypervisor. After [#load].
    /// @param vcpu its index
    /// @param page where it starts, as the interrupt names it (x86: address / 4096, 0 to 255)
    /// @return the state; empty when vCPUs are not started this way but by calls to the hypervisor (RISC-V: SBI), which holds them until then
    default Optional<BootState> startupState(int vcpu, int page) {
        return Optional.empty();
    }

    /// The plan's details that only this architecture has, for `--dump-machine`.
    /// @return name → value: strings, longs, lists and maps of these, in a fixed order
    Map<String, Object> details();
}
