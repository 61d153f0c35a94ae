package testudo.plugin.virtio.console;

import java.util.List;
import java.util.Optional;
import testudo.spi.serial.SerialOptions;

/// Options of ports.
final class Ports {
    private Ports() {}

    static SerialOptions options(Optional<String> name) {
        return options(name, false);
    }

    /// A named port that is the kernel's console too.
    static SerialOptions console(String name) {
        return options(Optional.of(name), true);
    }

    private static SerialOptions options(Optional<String> name, boolean console) {
        return new SerialOptions(
                "sink", "virtio-console", name, Optional.empty(), Optional.empty(), false, 1, console, false, false, false, 0x402,
                Optional.empty(), List.of());
    }
}
