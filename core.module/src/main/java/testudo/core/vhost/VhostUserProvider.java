package testudo.core.vhost;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import testudo.core.option.Spelling;
import testudo.spi.Attempts;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.HostTimer;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;

/// Makes devices of `--vhost-user`: those of other processes.
public final class VhostUserProvider implements DeviceProvider {
    static final OptionDeclaration<VhostUserOptions> VHOST_USER = OptionDeclaration.keyValues(
            "vhost-user", VhostUserOptions.class, MethodHandles.lookup(), "Devices", "add a device of another process")
            .withSyntax("TYPE,socket=PATH[,key=value…]");
    static final OptionDeclaration<Long> CONNECT_TIMEOUT = OptionDeclaration.value(
            "vhost-user-connect-timeout-ms", Long.class, "MS", "Devices",
            "how long to wait for the sockets of --vhost-user; by default they must be there");
    private static final long RETRY_NANOS = 1_000_000;

    /// Whether a machine has devices of other processes.
    /// @param configuration the user's options
    /// @return true for `--vhost-user`
    public static boolean wanted(Configuration configuration) {
        return !configuration.all(VHOST_USER).isEmpty();
    }

    /// For [java.util.ServiceLoader].
    public VhostUserProvider() {}

    @Override
    public String id() {
        return "vhost-user";
    }

    @Override
    public String summary() {
        return "virtio devices of other processes (vhost-user)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(VHOST_USER, CONNECT_TIMEOUT);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        long patienceNanos = TimeUnit.MILLISECONDS.toNanos(configuration.value(CONNECT_TIMEOUT).orElse(0L));
        List<DeviceSpec> specs = new ArrayList<>();
        Attempts attempts = new Attempts();
        for (Occurrence<VhostUserOptions> occurrence : configuration.all(VHOST_USER)) {
            VhostUserOptions options = occurrence.value();
            Optional<VirtioType> type = facts.virtioTypes().stream().filter(known -> known.name().equals(options.type())).findFirst();
            if (type.isEmpty()) {
                attempts.refuse(unknown(options.type(), facts.virtioTypes()));
                continue;
            }
            specs.add(new DeviceSpec.Virtio(
                    "vhost-user-%s%d".formatted(options.type(), specs.size()),
                    EnumerationRank.FOREIGN,
                    options.pciAddress(),
                    OptionalInt.empty(),
                    List.of(),
                    context -> open(options, type.get(), patienceNanos, context)));
        }
        attempts.finish();
        return specs;
    }

    private static String unknown(String type, List<VirtioType> known) {
        List<String> names = known.stream().map(VirtioType::name).sorted().toList();
        return "--vhost-user: no installed module knows virtio devices of type \"%s\"; there are: %s%s"
                .formatted(type, String.join(", ", names), Spelling.hint(type, names));
    }

    private static VirtioDevice open(VhostUserOptions options, VirtioType type, long patienceNanos, DeviceContext context) {
        HostPlatform host = context.host();
        HandlePassing passing = host.handlePassing().orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.UNSUPPORTED, "platform %s can't pass handles over local sockets: no vhost-user".formatted(host.id())));
        boolean named = !options.socket().startsWith("/proc/self/fd");
        long end = host.events().monotonicNanos() + patienceNanos;
        while (true) {
            try {
                return new FrontendDevice(
                        context,
                        () -> new FrontendConnection(host.sockets().connect(options.socket(), Kind.STREAM), host, passing),
                        made -> FrontendDevice.traits(made, type, options.queueSize()),
                        () -> {},
                        named);
            } catch (VmmException.Host refused) {
                if (refused.kind() != VmmException.Kind.MISSING || host.events().monotonicNanos() >= end) {
                    throw refused;
                }
            }
            pause(host);
        }
    }

    /// Makes a device of the machine from a connection to a process that was started for it. The end of that process is the machine's.
    /// @param context what the device lives in
    /// @param connection a stream socket; closed with the device
    /// @param traits what the process says it is; of its features those are offered that its back-end offers
    /// @param process closed after the connection, with the device
    /// @return the device
    /// @throws VmmException.Host when the process does not behave
    public static VirtioDevice attach(DeviceContext context, LocalSocket connection, VirtioTraits traits, AutoCloseable process) {
        HostPlatform host = context.host();
        HandlePassing passing = host.handlePassing().orElseThrow();
        return new FrontendDevice(
                context,
                () -> new FrontendConnection(connection, host, passing),
                made -> new VirtioTraits(
                        traits.typeId(), traits.name(), traits.features() & made.features(), traits.queueSizes(),
                        traits.configSizeBytes(), traits.pciClass(), 1, false),
                () -> close(process),
                false);
    }

    private static void close(AutoCloseable process) {
        try {
            process.close();
        } catch (Exception e) {
            throw new IllegalStateException("a device process could not be ended", e);
        }
    }

    private static void pause(HostPlatform host) {
        try (HostTimer timer = host.events().newTimer(); Poller poller = host.events().newPoller()) {
            poller.add(timer, 0, Poller.READABLE);
            timer.arm(RETRY_NANOS, 0);
            poller.await(-1);
        }
    }
}
