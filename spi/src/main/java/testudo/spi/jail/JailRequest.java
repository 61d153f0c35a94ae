package testudo.spi.jail;

import java.nio.file.Path;
import java.util.List;
import testudo.spi.VmmException;

/// What one jailed process may do: derived from its plugin's manifest, its options and the user's jail options.
///
/// What is not granted here is denied. Descriptors are granted by passing them ([testudo.spi.host.ProcessRequest#handles()]).
/// @param name the device's name, for messages and the host name inside; letters, digits and `-`, at most 32
/// @param runtimeImage the folder of the Java runtime, visible read-only; with it come the C library files that it is linked with
/// @param files what else of the host's files is visible
/// @param network which network
/// @param user who the process is
/// @param limits resource limits
/// @param options what the user said about jails
public record JailRequest(
        String name,
        Path runtimeImage,
        List<FileGrant> files,
        Network network,
        UserMapping user,
        ResourceLimits limits,
        JailOptions options) {
    private static final int MAX_NAME = 32;

    /// Checks and copies.
    /// @throws VmmException.Config for a bad name or a relative path
    public JailRequest {
        if (!name.matches("[A-Za-z0-9-]{1," + MAX_NAME + "}")) {
            throw new VmmException.Config("jail name '" + name + "': use 1 to " + MAX_NAME + " letters, digits and '-'");
        }
        if (!runtimeImage.isAbsolute()) {
            throw new VmmException.Config("runtime image " + runtimeImage + ": give an absolute path [jail " + name + "]");
        }
        files = List.copyOf(files);
    }

    /// The tightest jail: the runtime image and nothing else, no network, the current user, default limits and options.
    /// @param name the device's name
    /// @return a request to start from
    public static JailRequest of(String name) {
        return new JailRequest(
                name,
                Path.of(System.getProperty("java.home")),
                List.of(),
                Network.NONE,
                UserMapping.current(),
                ResourceLimits.standard(),
                JailOptions.standard());
    }

    /// The same with other files.
    /// @param granted what is visible beside the runtime image
    /// @return a copy
    public JailRequest withFiles(List<FileGrant> granted) {
        return new JailRequest(name, runtimeImage, granted, network, user, limits, options);
    }

    /// The same with another network.
    /// @param granted which network
    /// @return a copy
    public JailRequest withNetwork(Network granted) {
        return new JailRequest(name, runtimeImage, files, granted, user, limits, options);
    }

    /// The same with other limits.
    /// @param granted limits
    /// @return a copy
    public JailRequest withLimits(ResourceLimits granted) {
        return new JailRequest(name, runtimeImage, files, network, user, granted, options);
    }

    /// The same with other options.
    /// @param chosen the user's options
    /// @return a copy
    public JailRequest withOptions(JailOptions chosen) {
        return new JailRequest(name, runtimeImage, files, network, user, limits, chosen);
    }

    /// The same with another user.
    /// @param mapping who the process is
    /// @return a copy
    public JailRequest withUser(UserMapping mapping) {
        return new JailRequest(name, runtimeImage, files, network, mapping, limits, options);
    }

    /// Which network a jail has.
    public enum Network {
        /// An empty network of its own, its loopback down. Sockets that are passed in keep working.
        NONE,
        /// The host's network: for devices whose work it is, such as a user-mode network stack.
        HOST
    }
}
