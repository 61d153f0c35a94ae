package testudo.plugin.net.user;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
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

    @Override
    public NetworkLink open(NetworkOptions options, HostPlatform host) {
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
        return new UserLink(options, forwards, host);
    }
}
