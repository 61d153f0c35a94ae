package testudo.spi.device;

import java.util.List;
import java.util.function.Function;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// A virtio device that can be run by itself, for any virtual machine monitor that speaks vhost-user: `testudo device WORD …`.
/// @param word names it on the command line: `block`
/// @param options what it understands, besides where its front-end is
/// @param summary one line for help
/// @param device makes the specification; its place and kernel parameters are of no use there. Throws
///         [testudo.spi.VmmException.Config] with every problem found
public record StandaloneDevice(
        String word, List<OptionDeclaration<?>> options, String summary, Function<Configuration, DeviceSpec.Virtio> device) {
    /// Copies the list.
    public StandaloneDevice {
        options = List.copyOf(options);
    }
}
