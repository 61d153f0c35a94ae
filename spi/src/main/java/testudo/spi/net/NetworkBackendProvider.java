package testudo.spi.net;

import testudo.spi.host.HostPlatform;

/// Opens the host side of network interfaces. Found by [java.util.ServiceLoader].
public interface NetworkBackendProvider {
    /// The value of `backend=` that it serves, such as `user`.
    /// @return a short lower-case name
    String id();

    /// What it connects the guest to, and what it needs of the host, for the list of what is installed.
    /// @return a phrase
    String summary();

    /// Opens a link.
    /// @param options what the user asked for; its backend is [#id()]
    /// @param host the platform
    /// @return the link; the caller closes it
    /// @throws testudo.spi.VmmException when options don't fit or the host refuses
    NetworkLink open(NetworkOptions options, HostPlatform host);
}
