package testudo.plugin.net.user;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.jail.JailRequest;
import testudo.spi.net.NetworkBackendProvider;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;

/// `--net user`: address translation without privileges.
public final class UserNetwork implements NetworkBackendProvider {
    /// For [java.util.ServiceLoader].
    public UserNetwork() {}

    @Override
    public String id() {
        return "user";
    }

    @Override
    public String summary() {
        return "address translation (NAT) without privileges; the guest reaches what this user reaches, its own host only with host-access";
    }

    /// The host's network, which is what it is for, and no file: the name server is looked up outside.
    @Override
    public JailNeeds needs(NetworkOptions options) {
        return JailNeeds.nothing().withNetwork(JailRequest.Network.HOST).withPreparation(
                host -> new Prepared(List.of(), NameServers.first().map(InetAddress::getHostAddress).orElse("")));
    }

    @Override
    public NetworkLink open(NetworkOptions options, HostPlatform host) {
        return open(options, host, NameServers.first());
    }

    @Override
    public NetworkLink open(NetworkOptions options, HostPlatform host, Prepared prepared) {
        return open(options, host, prepared.facts().isEmpty() ? Optional.empty() : Optional.of(InetAddress.ofLiteral(prepared.facts())));
    }

    private static NetworkLink open(NetworkOptions options, HostPlatform host, Optional<InetAddress> nameServer) {
        List<String> problems = new ArrayList<>();
        if (options.tapName().isPresent() || options.tapFd().isPresent() || options.hostIp().isPresent() || options.netmask().isPresent()) {
            problems.add(
                    "--net user: keys of a tap (tap-name, tap-fd, host-ip, netmask) don't belong to backend user; leave them or the backend out");
        }
        if (options.vhostNet().isPresent()) {
            problems.add("--net user: vhost-net moves the frames of a tap, not of backend user; leave one out");
        }
        List<Forward> forwards = new ArrayList<>();
        for (String text : options.hostfwd()) {
            Forward.parse(text, forwards, problems);
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new UserLink(options, forwards, host, options.restrict() ? Optional.empty() : nameServer);
    }
}
