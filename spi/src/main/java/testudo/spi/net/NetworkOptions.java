package testudo.spi.net;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// What the user wants of a network interface.
/// @param backend what it is connected to; empty: `tap` when a key of it is given, which is what crosvm's command lines say
/// @param tapName a tap interface that exists
/// @param tapFd an open tap
/// @param hostIp address of the host on a new tap
/// @param netmask of that tap
/// @param mac the guest's address; with `hostIp` the new tap's
/// @param vhostNet the kernel's back-end that moves the frames of a tap
/// @param vqPairs queue pairs
/// @param packedQueue whether packed virtqueues are offered
/// @param pciAddress where it goes
/// @param mrgRxbuf whether received frames may span buffers
/// @param mtu the largest packet the guest is told
/// @param hostfwd ports of the host that lead into the guest, `tcp:[HOST_ADDRESS]:PORT-:GUEST_PORT`
/// @param restrict whether the guest is kept from everything but forwarded ports and the backend's own services
/// @param hostAccess whether the guest reaches the host itself, at the gateway's address
public record NetworkOptions(
        @Key(help = "what it is connected to: user (NAT, no privileges), tap") Optional<String> backend,
        @Key(aliases = "tap_name", help = "existing tap interface") Optional<String> tapName,
        @Key(aliases = "tap_fd", help = "open tap") Optional<Integer> tapFd,
        @Key(aliases = "host_ip", help = "make a tap with this address of the host; with netmask and mac") Optional<String> hostIp,
        @Key(help = "netmask of that tap") Optional<String> netmask,
        @Key(help = "the guest's Ethernet address; with host-ip the tap's") Optional<String> mac,
        @Key(aliases = "vhost_net", help = "let the kernel move the frames of a tap") Optional<VhostNet> vhostNet,
        @Key(fallback = "1", aliases = "vq_pairs", min = 1, max = 0x4000, help = "queue pairs") int vqPairs,
        @Key(fallback = "false", aliases = "packed_queue", help = "offer packed virtqueues") boolean packedQueue,
        @Key(help = "PCI address") Optional<PciAddress> pciAddress,
        @Key(fallback = "false", aliases = "mrg_rxbuf", help = "let received frames span buffers") boolean mrgRxbuf,
        @Key(min = 68, max = 65535, help = "largest packet, told to the guest") Optional<Integer> mtu,
        @Key(help = "ports of the host that lead into the guest: [tcp:127.0.0.1:2222-:22,…]; backend=user") List<String> hostfwd,
        @Key(fallback = "false", help = "keep the guest from everything but forwarded ports; backend=user") boolean restrict,
        @Key(fallback = "false", aliases = "host_access", help = "let the guest reach the host's loopback at the gateway's address; backend=user") boolean hostAccess) {
    /// The option by which users ask for network interfaces.
    public static final OptionDeclaration<NetworkOptions> OPTION = OptionDeclaration.keyValues(
            "net", NetworkOptions.class, MethodHandles.lookup(), "Network", "add a network interface")
            .withSyntax("[BACKEND,]key=value…");

    /// Copies the list.
    public NetworkOptions {
        hostfwd = List.copyOf(hostfwd);
    }

    /// An interface on a tap that exists, and nothing else said.
    /// @param name the tap
    /// @return the options of `--net tap-name=NAME`
    public static NetworkOptions tap(String name) {
        return new NetworkOptions(
                Optional.empty(), Optional.of(name), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.empty(), 1, false, Optional.empty(), false, Optional.empty(), List.of(), false, false);
    }

    /// The kernel's back-end for network interfaces.
    /// @param device where it is
    public record VhostNet(@Key(fallback = "/dev/vhost-net", help = "the kernel's device") Path device) {}

    /// The backend that serves it.
    /// @return a name; empty when neither a backend nor a key of one is given
    public String backendName() {
        return backend.orElse(tapName.isPresent() || tapFd.isPresent() || hostIp.isPresent() ? "tap" : "");
    }
}
