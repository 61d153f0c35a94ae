package testudo.plugin.pvpanic;

import java.util.List;
import java.util.Optional;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Makes one pvpanic device for every machine.
public final class PvpanicProvider implements DeviceProvider {
    /// Made by [java.util.ServiceLoader].
    public PvpanicProvider() {}

    @Override
    public String id() {
        return "pvpanic";
    }

    @Override
    public String summary() {
        return "reports guest panics";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of();
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        return List.of(
                new DeviceSpec.Pci(
                        "pvpanic", EnumerationRank.LAST, Optional.empty(), List.of(), context -> new Pvpanic(context.machine())));
    }
}
