package testudo.spi.device;

import java.util.Optional;

/// A [DeviceProvider] whose devices can be added to a running machine, and taken out of it. The core finds a slot, plugs the device in and asks the guest for it
/// back; the provider only says what a request of the control socket means.
public interface HotPluggable {
    /// What a request asks for. On the machine's loop.
    /// @param tag the request's name, such as `HotPlugNetCommand`
    /// @param body its JSON value, as [testudo.spi.command.CommandDeclaration] has them; anything may be in it
    /// @param number different for each request of a machine, for the device's name
    /// @return empty when the request is none of this provider's
    /// @throws testudo.spi.VmmException.Config when it is, and is wrong
    Optional<Plug> plug(String tag, Object body, int number);

    /// What is asked for.
    sealed interface Plug {
        /// A device is to be added. The answer is `{"HotPlugResponse": {"bus": N}}`.
        /// @param device it; its wishes for a place are ignored
        record Add(DeviceSpec.Virtio device) implements Plug {}

        /// A device is to be taken out. The answer comes when the guest has given it up.
        /// @param bus the number that its adding was answered with
        record Remove(long bus) implements Plug {}
    }
}
