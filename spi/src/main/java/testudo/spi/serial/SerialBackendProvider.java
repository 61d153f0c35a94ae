package testudo.spi.serial;

import java.util.Set;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostPlatform;

/// Opens host sides of serial ports of some types. Found by [java.util.ServiceLoader].
public interface SerialBackendProvider {
    /// The values of `type=` that it serves.
    /// @return lower-case names
    Set<String> types();

    /// Opens a port.
    /// @param options what the user asked for; its type is one of [#types()]
    /// @param host the platform
    /// @param loop the thread that will own the port
    /// @return the port; the caller closes it
    /// @throws testudo.spi.VmmException when a path can't be opened
    SerialPort open(SerialOptions options, HostPlatform host, EventLoop loop);

    /// Opens a port whose user may type commands to the machine, as at a terminal. The core calls this one.
    /// @param options as above
    /// @param host as above
    /// @param loop as above
    /// @param machine what the user can ask for
    /// @return the port; the caller closes it
    /// @throws testudo.spi.VmmException when a path can't be opened
    default SerialPort open(SerialOptions options, HostPlatform host, EventLoop loop, MachineServices machine) {
        return open(options, host, loop);
    }
}
