package testudo.plugin.virtio.rng;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// Gives every machine one entropy device, unless the user does not want it.
public final class RngProvider implements DeviceProvider {
    static final OptionDeclaration<Boolean> NO_RNG = OptionDeclaration.flag("no-rng", "Devices", "leave the entropy device out");

    /// For [java.util.ServiceLoader].
    public RngProvider() {}

    @Override
    public String id() {
        return "virtio-rng";
    }

    @Override
    public String summary() {
        return "entropy from the host (virtio-rng)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NO_RNG);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        if (configuration.isSet(NO_RNG)) {
            return List.of();
        }
        return List.of(spec());
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(VirtioRng.TYPE);
    }

    @Override
    public List<StandaloneDevice> standalone() {
        return List.of(new StandaloneDevice("rng", List.of(), "serve entropy to another monitor", configuration -> spec()));
    }

    private static DeviceSpec.Virtio spec() {
        return new DeviceSpec.Virtio(
                "rng0",
                EnumerationRank.ENTROPY,
                Optional.empty(),
                OptionalInt.empty(),
                List.of(),
                DeviceSpec.Factory.jailable(
                        JailNeeds.nothing(), context -> new VirtioRng(context.host().entropy(), context.loop())));
    }
}
