package com.example.acme.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// Makes one device for each `--acme-entropy`.
public final class PatternProvider implements DeviceProvider {
    /// For [java.util.ServiceLoader].
    public PatternProvider() {}

    @Override
    public String id() {
        return "acme-virtio-pattern";
    }

    @Override
    public String summary() {
        return "entropy device with a known pattern, by Acme";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(PatternOptions.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<DeviceSpec> devices = new ArrayList<>();
        for (Occurrence<PatternOptions> wanted : configuration.all(PatternOptions.OPTION)) {
            int seed = wanted.value().seed();
            devices.add(new DeviceSpec.Virtio(
                    "acme-pattern" + devices.size(), EnumerationRank.LAST, wanted.value().pciAddress(), OptionalInt.empty(), List.of(),
                    // A jail must give it nothing: there is no file, and no network. Its system calls are in META-INF/seccomp.
                    DeviceSpec.Factory.jailable(JailNeeds.nothing(), context -> new VirtioPattern(seed, context.loop()))));
        }
        return devices;
    }
}
