package testudo.core.machine;

import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.host.HostPlatform;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.net.NetworkBackendProvider;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOpener;
import testudo.spi.net.NetworkOptions;

/// Opens the host side of network interfaces with the installed backend of the wanted name.
/// @param host the platform
/// @param backends what is installed
/// @param prepared what was opened for a link outside of this process's jail
record Networks(HostPlatform host, List<NetworkBackendProvider> backends, Optional<Prepared> prepared) implements NetworkOpener {
    @Override
    public NetworkLink open(NetworkOptions options) {
        NetworkBackendProvider backend = backend(options, backends);
        return prepared.isPresent() ? backend.open(options, host, prepared.get()) : backend.open(options, host);
    }

    /// What links need in a jail.
    static DeviceSpec.BackendNeeds needs(List<NetworkBackendProvider> backends) {
        return link -> backend(link, backends).needs(link);
    }

    /// The backend that serves these options.
    /// @throws VmmException.Config when it is not installed
    static NetworkBackendProvider backend(NetworkOptions options, List<NetworkBackendProvider> backends) {
        String wanted = options.backendName();
        for (NetworkBackendProvider backend : backends) {
            if (backend.id().equals(wanted)) {
                return backend;
            }
        }
        List<String> known = backends.stream().map(NetworkBackendProvider::id).sorted().toList();
        if (wanted.isEmpty()) {
            throw new VmmException.Config("--net: it is not said what to connect to; give backend=%s or tap-name=NAME"
                    .formatted(known.isEmpty() ? "…" : String.join("|", known)));
        }
        throw new VmmException.Config("network backend '%s' is not installed; there are: %s"
                .formatted(wanted, known.isEmpty() ? "none" : String.join(", ", known)));
    }
}
