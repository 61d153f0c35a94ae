package testudo.core.machine;

import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.net.NetworkBackendProvider;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOpener;
import testudo.spi.net.NetworkOptions;

/// Opens the host side of network interfaces with the installed backend of the wanted name.
/// @param host the platform
/// @param backends what is installed
record Networks(HostPlatform host, List<NetworkBackendProvider> backends) implements NetworkOpener {
    @Override
    public NetworkLink open(NetworkOptions options) {
        String wanted = options.backendName();
        for (NetworkBackendProvider backend : backends) {
            if (backend.id().equals(wanted)) {
                return backend.open(options, host);
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
