package testudo.plugin.virtio.vsock;

import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.host.Vhost;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioType;

/// Makes the socket device from `--vsock`, or the older `--cid`.
public final class VsockProvider implements DeviceProvider {
    static final OptionDeclaration<VsockOptions> VSOCK = OptionDeclaration.keyValues(
            "vsock", VsockOptions.class, MethodHandles.lookup(), "Devices", "add sockets between host and guest")
            .withSyntax("CID[,key=value…]");
    static final OptionDeclaration<Long> CID = OptionDeclaration.value(
            "cid", Long.class, "CID", "Devices", "the guest's context id").deprecatedFor("--vsock CID");
    static final OptionDeclaration<Path> DEVICE = OptionDeclaration.value(
            "vhost-vsock-device", Path.class, "PATH", "Devices", "the kernel's device, with --cid").deprecatedFor(
                    "--vsock CID,device=PATH");
    static final OptionDeclaration<Long> DESCRIPTOR = OptionDeclaration.value(
            "vhost-vsock-fd", Long.class, "FD", "Devices", "the kernel's device, open, with --cid")
            .deprecatedFor("--vsock CID,device=/proc/self/fd/FD");
    private static final OptionDeclaration<Long> GUEST = OptionDeclaration.value(
            "cid", Long.class, "CID", "Sockets", "the guest's context id; required");
    private static final OptionDeclaration<Path> PATH = OptionDeclaration.value(
            "path", Path.class, "PATH", "Sockets", "Unix socket that programs of the host connect to; required");
    private static final Logger LOG = LoggerFactory.getLogger(VsockProvider.class);

    /// For [java.util.ServiceLoader].
    public VsockProvider() {}

    @Override
    public String id() {
        return "virtio-vsock";
    }

    @Override
    public String summary() {
        return "sockets between host and guest (virtio-vsock)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(VSOCK, CID, DEVICE, DESCRIPTOR);
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(VsockIdentity.TYPE);
    }

    @Override
    public List<StandaloneDevice> standalone() {
        return List.of(new StandaloneDevice(
                "vsock", List.of(GUEST, PATH), "serve sockets between host and guest to another monitor", VsockProvider::alone));
    }

    private static DeviceSpec.Virtio alone(Configuration configuration) {
        Optional<Long> cid = configuration.value(GUEST);
        Optional<Path> path = configuration.value(PATH);
        if (cid.isEmpty() || path.isEmpty()) {
            throw new VmmException.Config("device vsock: give --cid and --path; the kernel's vhost-vsock serves only machines of its own");
        }
        VsockOptions options = new VsockOptions(cid.get(), Optional.empty(), path, List.of());
        List<String> problems = new ArrayList<>();
        options.check("device vsock", problems);
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return bridged(options, path.get());
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<String> problems = new ArrayList<>();
        List<VsockOptions> all = new ArrayList<>();
        for (Occurrence<VsockOptions> occurrence : configuration.all(VSOCK)) {
            occurrence.value().check(occurrence.where(), problems);
            all.add(occurrence.value());
        }
        older(configuration, problems).ifPresent(all::add);
        if (all.size() > 1) {
            problems.add("--vsock, --cid: a machine has one socket device, not %d".formatted(all.size()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return all.stream().<DeviceSpec>map(VsockProvider::spec).toList();
    }

    private static Optional<VsockOptions> older(Configuration configuration, List<String> problems) {
        Optional<Long> cid = configuration.value(CID);
        Optional<Path> device = configuration.value(DEVICE);
        Optional<Path> open = configuration.value(DESCRIPTOR).map(number -> Path.of("/proc/self/fd/" + number));
        if (device.isPresent() && open.isPresent()) {
            problems.add("--vhost-vsock-device and --vhost-vsock-fd exclude each other");
        }
        if (cid.isEmpty()) {
            if (device.isPresent() || open.isPresent()) {
                problems.add("--vhost-vsock-device, --vhost-vsock-fd: give --cid with them");
            }
            return Optional.empty();
        }
        VsockOptions options = new VsockOptions(cid.get(), device.or(() -> open), Optional.empty(), List.of());
        options.check("--cid", problems);
        return Optional.of(options);
    }

    private static DeviceSpec.Virtio spec(VsockOptions options) {
        if (options.path().isPresent()) {
            return bridged(options, options.path().get());
        }
        if (options.device().isPresent() || usable(VsockOptions.KERNEL_DEVICE)) {
            return spec(DeviceSpec.Factory.jailable(
                    new JailNeeds.KernelServed(), context -> kernel(options, context)));
        }
        return spec(DeviceSpec.Factory.jailable(
                new JailNeeds.Unjailable("its socket lies in a folder that others use; give path=SOCKET in one of its own"), context -> {
                    LOG.warn("{}: {} can't be used; programs of this host reach the guest at {}", context.id(), VsockOptions.KERNEL_DEVICE,
                            options.usualPath());
                    return bridge(options, options.usualPath(), context);
                }));
    }

    private static boolean usable(Path device) {
        return Files.isReadable(device) && Files.isWritable(device);
    }

    private static DeviceSpec.Virtio bridged(VsockOptions options, Path path) {
        return spec(DeviceSpec.Factory.jailable(needs(path), context -> bridge(options, path, context)));
    }

    /// The folder of its sockets, in which it makes its own and connects to those of the host's programs.
    private static JailNeeds needs(Path path) {
        Path folder = path.getParent();
        if (!path.isAbsolute() || folder == null || folder.getNameCount() == 0) {
            return new JailNeeds.Unjailable("its socket is not in a folder of its own; give path=SOCKET with an absolute path");
        }
        return JailNeeds.files(List.of(), List.of(new FileGrant(folder, FileGrant.Access.WRITE)));
    }

    private static DeviceSpec.Virtio spec(DeviceSpec.Factory<DeviceContext, VirtioDevice> factory) {
        return new DeviceSpec.Virtio("vsock0", EnumerationRank.SOCKET, Optional.empty(), OptionalInt.empty(), List.of(), factory);
    }

    private static VirtioDevice kernel(VsockOptions options, DeviceContext context) {
        Vhost vhost = context.host().vhost().orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.UNSUPPORTED, "platform %s has no vhost; give --vsock path=SOCKET".formatted(context.host().id())));
        return new KernelVsockDevice(
                options.cid(), options.queueSizes(), vhost.open(options.device().orElse(VsockOptions.KERNEL_DEVICE)));
    }

    private static VirtioDevice bridge(VsockOptions options, Path path, DeviceContext context) {
        return new VsockDevice(
                new VsockIdentity(options.cid(), VsockIdentity.STREAM | VsockIdentity.SEQPACKET, options.queueSizes()),
                path,
                context.host().sockets(),
                context.host().events(),
                context.loop());
    }
}
