package testudo.spi.hypervisor;

import java.util.List;
import testudo.spi.Availability;
import testudo.spi.host.HostPlatform;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Makes a hypervisor. Found by [java.util.ServiceLoader].
public interface HypervisorProvider {
    /// The identity, such as `kvm`.
    /// @return a short lower-case name
    String id();

    /// How eagerly it is chosen when the user names none: the highest that is ready wins. Hardware 100, software 10.
    /// @return a rank
    int rank();

    /// The command-line options that only this provider understands.
    /// @return declarations, may be empty
    List<OptionDeclaration<?>> options();

    /// Whether it can be used here. No side effects, no exception.
    /// @param configuration the options, for example another device path
    /// @return ready or what is missing
    Availability probe(Configuration configuration);

    /// Opens the hypervisor.
    /// @param configuration the options
    /// @param host the platform
    /// @return the hypervisor; the caller closes it
    /// @throws testudo.spi.VmmException.Host when it fails after all
    Hypervisor open(Configuration configuration, HostPlatform host);
}
