package testudo.spi.device;

import java.util.List;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// Makes devices of one kind. Found by [java.util.ServiceLoader].
public interface DeviceProvider {
    /// The identity, such as `virtio-block`.
    /// @return a short lower-case name, unique
    String id();

    /// One line about it for `testudo devices`.
    /// @return a phrase
    String summary();

    /// The command-line options it understands. Two providers may share a declaration that lives in the spi.
    /// @return declarations, may be empty
    List<OptionDeclaration<?>> options();

    /// The commands for a running machine that its devices answer.
    /// @return declarations, may be empty
    default List<CommandDeclaration> commands() {
        return List.of();
    }

    /// Those of its virtio devices that can be run by themselves.
    /// @return declarations, may be empty
    default List<StandaloneDevice> standalone() {
        return List.of();
    }

    /// The types of virtio device that a user may name where another program serves one. Two providers may state the same type.
    /// @return types, may be empty
    default List<VirtioType> virtioTypes() {
        return List.of();
    }

    /// Which devices the options ask for. Opens nothing.
    /// @param configuration the options
    /// @param facts what is known about the machine
    /// @return specifications, may be empty
    /// @throws testudo.spi.VmmException.Config with every problem found
    List<DeviceSpec> devices(Configuration configuration, MachineFacts facts);
}
