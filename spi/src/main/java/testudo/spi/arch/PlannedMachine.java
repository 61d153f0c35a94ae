package testudo.spi.arch;

import java.util.Map;
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

    /// The plan's details that only this architecture has, for `--dump-machine`.
    /// @return name → value: strings, longs, lists and maps of these, in a fixed order
    Map<String, Object> details();
}
