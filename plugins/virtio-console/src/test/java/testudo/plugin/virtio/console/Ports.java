package testudo.plugin.virtio.console;

import java.util.List;
import java.util.Optional;
import testudo.spi.serial.SerialOptions;

/// Options of ports.
final class Ports {
    private Ports() {}

    static SerialOptions options(Optional<String> name) {
        return new SerialOptions(
                "sink", "virtio-console", name, Optional.empty(), Optional.empty(), false, 1, false, false, false, false, 0x402,
                Optional.empty(), List.of());
    }
}
