package testudo.spi.net;

import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Prepared;

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

    /// What a link needs in a jail. What must be opened outside is a preparation.
    /// @param options what the user asked for; its backend is [#id()]
    /// @return grants, or why there is no such link in a jail
    default JailNeeds needs(NetworkOptions options) {
        return new JailNeeds.Unjailable("network backend %s does not say what it needs in a jail".formatted(id()));
    }

    /// Opens a link in a jail, from what was prepared outside.
    /// @param options what the user asked for
    /// @param host the platform
    /// @param prepared what the preparation of [#needs(NetworkOptions)] has opened; its handles are the link's, also when this fails
    /// @return the link; the caller closes it
    /// @throws testudo.spi.VmmException when options don't fit or the host refuses
    default NetworkLink open(NetworkOptions options, HostPlatform host, Prepared prepared) {
        prepared.handles().forEach(HostHandle::close);
        return open(options, host);
    }
}
