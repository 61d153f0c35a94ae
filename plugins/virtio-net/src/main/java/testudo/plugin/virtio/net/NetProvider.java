package testudo.plugin.virtio.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.HotPluggable;
import testudo.spi.device.MachineFacts;
import testudo.spi.net.KernelLink;
import testudo.spi.net.MacAddress;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioDevice;

/// Makes network interfaces from `--net`.
public final class NetProvider implements DeviceProvider, HotPluggable {
    /// For [java.util.ServiceLoader].
    public NetProvider() {}

    @Override
    public String id() {
        return "virtio-net";
    }

    @Override
    public String summary() {
        return "network interfaces (virtio-net)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NetworkOptions.OPTION);
    }

    @Override
    public List<CommandDeclaration> commands() {
        return NetCommand.DECLARATIONS;
    }

    @Override
    public Optional<Plug> plug(String tag, Object body, int number) {
        return NetCommand.parse(tag, body).map(command -> switch (command) {
            case NetCommand.AddTap(String tap) -> new Plug.Add(spec("hot-net" + number, NetworkOptions.tap(tap)));
            case NetCommand.RemoveTap(long bus) -> new Plug.Remove(bus);
        });
    }

    private static DeviceSpec.Virtio spec(String id, NetworkOptions options) {
        return new DeviceSpec.Virtio(
                id,
                EnumerationRank.NETWORK,
                options.pciAddress(),
                OptionalInt.empty(),
                List.of(),
                DeviceSpec.Factory.jailable(backends -> backends.network(options), context -> open(options, context)));
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<String> problems = new ArrayList<>();
        List<DeviceSpec> specs = new ArrayList<>();
        Map<MacAddress, String> addresses = new HashMap<>();
        Map<String, String> taps = new HashMap<>();
        for (Occurrence<NetworkOptions> occurrence : configuration.all(NetworkOptions.OPTION)) {
            NetworkOptions options = occurrence.value();
            check(options, occurrence.where(), addresses, problems);
            options.tapName().ifPresent(name -> {
                String other = taps.putIfAbsent(name, occurrence.where());
                if (other != null) {
                    problems.add("%s: tap %s is that of %s already; give each interface its own".formatted(occurrence.where(), name,
                            other));
                }
            });
            specs.add(spec("net" + specs.size(), options));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    private static void check(
            NetworkOptions options, String where, Map<MacAddress, String> addresses, List<String> problems) {
        if (options.mrgRxbuf() && options.packedQueue()) {
            problems.add("%s: mrg-rxbuf and packed-queue exclude each other".formatted(where));
        }
        if (options.vhostNet().isPresent() && options.packedQueue()) {
            problems.add("%s: vhost-net and packed-queue exclude each other; the kernel serves split queues".formatted(where));
        }
        if (options.mac().isEmpty()) {
            return;
        }
        try {
            String other = addresses.putIfAbsent(MacAddress.parse(options.mac().get()), where);
            if (other != null) {
                problems.add("%s: mac %s is that of %s already; give each interface its own"
                        .formatted(where, options.mac().get(), other));
            }
        } catch (VmmException.Config wrong) {
            wrong.problems().forEach(problem -> problems.add("%s: %s".formatted(where, problem)));
        }
    }

    private static VirtioDevice open(NetworkOptions options, DeviceContext context) {
        NetworkLink link = context.networks().open(options);
        try {
            NetIdentity identity = NetIdentity.of(options, link, context.facts().vcpus());
            return link instanceof KernelLink kernel
                    ? new KernelNetDevice(identity, kernel, context)
                    : new NetDevice(identity, link, context, new LinkPath(identity, link));
        } catch (RuntimeException failure) {
            link.close();
            throw failure;
        }
    }
}
