package testudo.plugin.keyboard;

import java.util.List;
import java.util.Optional;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.Resource;

/// Makes the reset ports of x86 machines, unless `--no-i8042` says no.
public final class KeyboardControllerProvider implements DeviceProvider {
    private static final OptionDeclaration<Boolean> NONE = OptionDeclaration.flag("no-i8042", "Platform",
            "leave the keyboard controller's ports out");

    /// Made by [java.util.ServiceLoader].
    public KeyboardControllerProvider() {}

    @Override
    public String id() {
        return "i8042";
    }

    @Override
    public String summary() {
        return "keyboard controller ports, for reset only";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NONE);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        if (!facts.architecture().equals("x86_64") || configuration.isSet(NONE)) {
            return List.of();
        }
        // No firmware node: tables that name a keyboard controller would make guests look for a keyboard.
        return List.of(
                new DeviceSpec.Platform(
                        "i8042",
                        List.of(new Resource.Ports(0x60, 1), new Resource.Ports(0x64, 1)),
                        Optional.empty(),
                        List.of(),
                        context -> new KeyboardController(context.machine())));
    }
}
