package testudo.spi.serial;

import testudo.spi.device.EventLoop;

/// Opens the host side of serial ports.
@FunctionalInterface
public interface SerialOpener {
    /// Opens a port.
    /// @param options what the user asked for
    /// @param loop the thread that will own it
    /// @return the port; the caller closes it
    /// @throws testudo.spi.VmmException when a path can't be opened
    SerialPort open(SerialOptions options, EventLoop loop);
}
