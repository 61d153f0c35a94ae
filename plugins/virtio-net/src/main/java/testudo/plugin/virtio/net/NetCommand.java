package testudo.plugin.virtio.net;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.option.OptionDeclaration;

/// What the control socket is asked about network interfaces: `virtio-net add` and `virtio-net remove`, in crosvm's JSON forms.
sealed interface NetCommand {
    /// The request's name.
    String TAG = "HotPlugNetCommand";

    /// The tap argument of `add`.
    OptionDeclaration<String> TAP = OptionDeclaration.argument("TAP_NAME", String.class, "a tap that exists");
    /// The bus argument of `remove`.
    OptionDeclaration<Long> BUS = OptionDeclaration.argument("BUS", Long.class, "the PCI bus number that add has printed");

    /// The commands.
    List<CommandDeclaration> DECLARATIONS = List.of(
            new CommandDeclaration(
                    List.of("virtio-net", "add"),
                    List.of(TAP),
                    "add a network interface on a tap to a running machine",
                    arguments -> request("AddTap", arguments.value(TAP).orElseThrow(() -> new VmmException.Config("TAP_NAME is missing"))),
                    NetCommand::printBus),
            new CommandDeclaration(
                    List.of("virtio-net", "remove"),
                    List.of(BUS),
                    "take an added network interface out; waits until the guest has given it up",
                    arguments -> request("RemoveTap", arguments.value(BUS).orElseThrow(() -> new VmmException.Config("BUS is missing"))),
                    response -> ""));

    /// A network interface is to be added.
    /// @param tap its tap
    record AddTap(String tap) implements NetCommand {}

    /// One is to be taken out.
    /// @param bus where it is
    record RemoveTap(long bus) implements NetCommand {}

    private static Object request(String command, Object argument) {
        return Map.of(TAG, Map.of(command, argument));
    }

    private static String printBus(Object response) {
        return response instanceof Map<?, ?> object && object.get("HotPlugResponse") instanceof Map<?, ?> plugged
                && plugged.get("bus") instanceof Long bus ? "plugged in at PCI bus " + bus : "";
    }

    /// Reads a request.
    /// @return empty for another's
    /// @throws VmmException.Config when it is not understood
    static Optional<NetCommand> parse(String tag, Object body) {
        if (!tag.equals(TAG)) {
            return Optional.empty();
        }
        if (body instanceof Map<?, ?> object && object.size() == 1) {
            if (object.get("AddTap") instanceof String tap && !tap.isEmpty()) {
                return Optional.of(new AddTap(tap));
            }
            if (object.get("RemoveTap") instanceof Long bus) {
                return Optional.of(new RemoveTap(bus));
            }
        }
        throw new VmmException.Config("%s: AddTap with a tap's name or RemoveTap with a bus number is wanted".formatted(TAG));
    }
}
