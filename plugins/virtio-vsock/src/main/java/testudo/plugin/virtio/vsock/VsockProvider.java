package testudo.plugin.virtio.vsock;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// Makes the socket device from `--vsock`.
public final class VsockProvider implements DeviceProvider {
    static final OptionDeclaration<VsockOptions> VSOCK = OptionDeclaration.keyValues(
            "vsock", VsockOptions.class, MethodHandles.lookup(), "Devices", "add sockets between host and guest");

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
        return List.of(VSOCK);
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(VsockDevice.TYPE);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<String> problems = new ArrayList<>();
        List<DeviceSpec> specs = new ArrayList<>();
        for (Occurrence<VsockOptions> occurrence : configuration.all(VSOCK)) {
            VsockOptions options = occurrence.value();
            if (!specs.isEmpty()) {
                problems.add("%s: a machine has one socket device".formatted(occurrence.where()));
            } else if (options.path().isEmpty()) {
                problems.add("%s: the kernel's vhost-vsock is not served yet; give path=SOCKET for the user-space device"
                        .formatted(occurrence.where()));
            } else if (options.device().isPresent()) {
                problems.add("%s: device and path exclude each other".formatted(occurrence.where()));
            } else {
                specs.add(spec(options.cid(), options.path().get()));
            }
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    private static DeviceSpec spec(long cid, Path path) {
        return new DeviceSpec.Virtio(
                "vsock0",
                EnumerationRank.SOCKET,
                Optional.empty(),
                OptionalInt.empty(),
                List.of(),
                context -> new VsockDevice(cid, path, context.host().sockets(), context.loop()));
    }
}
