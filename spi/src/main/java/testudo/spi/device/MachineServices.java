package testudo.spi.device;

import java.util.List;

/// Requests that a device may make of its machine. Any thread; bounded; never blocks.
public interface MachineServices {
    /// Tells the machine that something happened that ends or changes it.
    /// @param event what
    /// @param detail event-specific, for example the bits of a guest panic
    void event(MachineEvent event, int detail);

    /// The boot order for firmware, as OpenFirmware-style device paths, first choice first. Complete when the first vCPU runs.
    /// @return paths, may be empty
    List<String> bootOrder();

    /// What can happen to a machine.
    enum MachineEvent {
        /// The guest powered off.
        EXIT,
        /// The guest asked for a reset.
        RESET,
        /// The guest or a device crashed.
        CRASH,
        /// The guest reports a panic; the bits are the detail.
        PANIC,
        /// A watchdog fired.
        WATCHDOG,
        /// The guest asked to be suspended.
        SUSPEND
    }
}
