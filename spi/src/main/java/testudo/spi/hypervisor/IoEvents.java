package testudo.spi.hypervisor;

import testudo.spi.host.HostEvent;

/// A machine's ability to turn guest writes into host events without an exit.
public interface IoEvents {
    /// Any length, any value, at a memory address.
    /// @param gpa the address
    /// @param event signalled by each write
    /// @throws testudo.spi.VmmException.Host when the host refuses
    void bind(long gpa, HostEvent event);

    /// Undoes [#bind(long, HostEvent)].
    /// @param gpa the address
    /// @param event the event
    void unbind(long gpa, HostEvent event);

    /// One value, written as 32 bits: several events at one memory address. Other values, and other lengths, are exits.
    /// @param gpa the address
    /// @param value the value
    /// @param event signalled by each such write
    /// @throws testudo.spi.VmmException.Host when the host refuses
    void bind(long gpa, int value, HostEvent event);

    /// Undoes [#bind(long, int, HostEvent)].
    /// @param gpa the address
    /// @param value the value
    /// @param event the event
    void unbind(long gpa, int value, HostEvent event);
}
