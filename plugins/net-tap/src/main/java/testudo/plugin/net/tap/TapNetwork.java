package testudo.plugin.net.tap;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Vhost;
import testudo.spi.host.VhostDevice;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.net.MacAddress;
import testudo.spi.net.NetworkBackendProvider;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;

/// `--net tap-name=…`, `--net tap-fd=…`, `--net host-ip=…`: taps and macvtaps of the host.
public final class TapNetwork implements NetworkBackendProvider {
    private static final Logger LOG = LoggerFactory.getLogger(TapNetwork.class);
    private static final int LONGEST_NAME = Ifreq.NAME_BYTES - 1;

    /// For [java.util.ServiceLoader].
    public TapNetwork() {}

    @Override
    public String id() {
        return "tap";
    }

    @Override
    public String summary() {
        return "a tap or macvtap of the host, by name or descriptor, or made here (CAP_NET_ADMIN); with vhost-net if wanted";
    }

    /// The tap is opened outside: what is inside may move frames and nothing else. What the kernel moves is another matter.
    @Override
    public JailNeeds needs(NetworkOptions options) {
        return options.vhostNet().isPresent()
                ? new JailNeeds.KernelServed()
                : JailNeeds.nothing().withPreparation(host -> opened(options, host).prepared());
    }

    @Override
    public NetworkLink open(NetworkOptions options, HostPlatform host, Prepared prepared) {
        OpenTap tap = OpenTap.of(prepared);
        try {
            return new TapLink(tap.queues(), tap.mtu(), tap.guest());
        } catch (RuntimeException failure) {
            tap.close();
            throw failure;
        }
    }

    @Override
    public NetworkLink open(NetworkOptions options, HostPlatform host) {
        OpenTap tap = opened(options, host);
        List<VhostDevice> backends = new ArrayList<>();
        try {
            options.vhostNet().ifPresent(wanted -> vhost(wanted, options.vqPairs(), host, backends));
            return backends.isEmpty()
                    ? new TapLink(tap.queues(), tap.mtu(), tap.guest())
                    : new VhostTapLink(tap.queues(), tap.mtu(), tap.guest(), backends);
        } catch (RuntimeException failure) {
            backends.forEach(VhostDevice::close);
            tap.close();
            throw failure;
        }
    }

    private static OpenTap opened(NetworkOptions options, HostPlatform host) {
        check(options);
        TapOpening opening = new TapOpening(host);
        try {
            options.tapName().ifPresent(name -> opening.named(name, options.vqPairs()));
            options.tapFd().ifPresent(descriptor -> opening.inherited(descriptor, options.vqPairs()));
            options.hostIp().ifPresent(address -> opening.make(options.vqPairs()));
            Optional<MacAddress> guest = Optional.empty();
            int mtu;
            try (HostInterface device = new HostInterface(opening.name())) {
                if (options.hostIp().isPresent()) {
                    configure(device, options);
                } else if (!device.up()) {
                    LOG.warn("interface {} is down: the guest hears nothing until it is up; ip link set {} up", opening.name(), opening
                            .name());
                }
                mtu = device.mtu();
                if (opening.macvtap()) {
                    guest = Optional.of(guestAddress(device, options, opening.name()));
                }
            }
            return new OpenTap(opening.queues(), mtu, guest);
        } catch (RuntimeException failure) {
            opening.queues().forEach(TapQueue::close);
            throw failure;
        }
    }

    private static void vhost(NetworkOptions.VhostNet wanted, int pairs, HostPlatform host, List<VhostDevice> backends) {
        Vhost vhost = host.vhost().orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.UNSUPPORTED, "vhost-net: platform %s has none".formatted(host.id())));
        for (int i = 0; i < pairs; i++) {
            backends.add(vhost.open(wanted.device()));
        }
    }

    /// A tap that was made here goes with the machine, so all it has is said on the command line.
    private static void configure(HostInterface device, NetworkOptions options) {
        device.hardwareAddress(MacAddress.parse(options.mac().orElseThrow()));
        device.address(
                (int) InternetAddress.parse(options.hostIp().orElseThrow()), (int) InternetAddress.parse(options.netmask().orElseThrow()));
        options.mtu().ifPresent(device::mtu);
        device.bringUp();
    }

    private static MacAddress guestAddress(HostInterface device, NetworkOptions options, String name) {
        MacAddress address = device.hardwareAddress();
        Optional<MacAddress> wanted = options.mac().map(MacAddress::parse);
        if (wanted.isPresent() && !wanted.get().equals(address)) {
            throw new VmmException.Config("mac %s: macvtap %s passes frames for %s only; leave mac out, or ip link set %s address %s"
                    .formatted(wanted.get(), name, address, name, wanted.get()));
        }
        return address;
    }

    private static void check(NetworkOptions options) {
        List<String> problems = new ArrayList<>();
        long forms = Stream.of(options.tapName(), options.tapFd(), options.hostIp()).filter(Optional::isPresent).count();
        if (forms != 1) {
            problems.add("--net tap: give one of tap-name=NAME, tap-fd=FD, or host-ip with netmask and mac");
        }
        options.tapName().ifPresent(name -> checkName(name, problems));
        if (options.hostIp().isPresent()) {
            checkAddresses(options, problems);
        } else if (options.netmask().isPresent()) {
            problems.add("--net tap: netmask goes with host-ip; a tap that exists has its own");
        }
        if (!options.hostfwd().isEmpty() || options.restrict() || options.hostAccess()) {
            problems.add("--net tap: hostfwd, restrict and host-access belong to backend user");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
    }

    private static void checkName(String name, List<String> problems) {
        boolean fits = !name.isEmpty() && name.length() <= LONGEST_NAME && !name.equals(".") && !name.equals("..")
                && name.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '/' && c != ':' && c != '%');
        if (!fits) {
            problems.add("tap-name '%s' is not the name of an interface: 1 to %d letters, digits and punctuation".formatted(name,
                    LONGEST_NAME));
        }
    }

    private static void checkAddresses(NetworkOptions options, List<String> problems) {
        if (options.netmask().isEmpty() || options.mac().isEmpty()) {
            problems.add("--net tap: host-ip needs netmask and mac");
        }
        options.hostIp().filter(text -> InternetAddress.parse(text) <= 0).ifPresent(
                text -> problems.add("host-ip '%s' is not an IPv4 address; write it as 192.0.2.1".formatted(text)));
        options.netmask().filter(text -> !InternetAddress.isNetmask(InternetAddress.parse(text))).ifPresent(
                text -> problems.add("netmask '%s' is none; write it as 255.255.255.0".formatted(text)));
        options.mac().ifPresent(text -> {
            try {
                MacAddress.parse(text);
            } catch (VmmException.Config wrong) {
                problems.addAll(wrong.problems());
            }
        });
    }
}
