package testudo.spi.net;

/// Opens the host side of network interfaces.
@FunctionalInterface
public interface NetworkOpener {
    /// Opens a link.
    /// @param options what the user asked for
    /// @return the link; the caller closes it
    /// @throws testudo.spi.VmmException when no backend serves it or the host refuses
    NetworkLink open(NetworkOptions options);
}
