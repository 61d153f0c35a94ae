package testudo.spi.hypervisor;

import java.util.List;

/// A vCPU's ability to stop where a debugger wants it to: [Vcpu#run] returns [StopReason#DEBUG]. On the vCPU's thread, between runs.
public interface GuestDebug {
    /// How many breakpoints there can be at once.
    /// @return 0 or more
    int maxBreakpoints();

    /// Says what stops the vCPU from its next run on, in place of what was said before. The guest's own use of debug registers is suspended
    /// while anything is set.
    /// @param singleStep after each instruction
    /// @param breakpoints linear addresses; before the instruction there, which runs once nothing stops the vCPU there any more
    /// @throws IllegalArgumentException when there are more than [#maxBreakpoints()]
    /// @throws testudo.spi.VmmException.Host when the hypervisor refuses
    void stopAt(boolean singleStep, List<Long> breakpoints);
}
