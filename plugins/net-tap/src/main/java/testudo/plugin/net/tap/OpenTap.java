package testudo.plugin.net.tap;

import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.net.MacAddress;

/// A tap that is open, with what only its host's network can say about it. It may be handed to another process.
/// @param queues its queues
/// @param mtu the largest packet
/// @param guest the only address that the guest may have, if there is one
record OpenTap(List<TapQueue> queues, int mtu, Optional<MacAddress> guest) {
    OpenTap {
        queues = List.copyOf(queues);
    }

    /// For another process, which gets this one's descriptors.
    Prepared prepared() {
        return new Prepared(queues.stream().map(TapQueue::file).toList(), mtu + " " + guest.map(MacAddress::toString).orElse(""));
    }

    /// In that process.
    /// @throws VmmException.Config when that is none
    static OpenTap of(Prepared prepared) {
        String[] facts = prepared.facts().split(" ", -1);
        if (facts.length != 2 || !facts[0].matches("[0-9]{1,9}") || prepared.handles().isEmpty()) {
            throw new VmmException.Config("a tap was passed that is not described: '%s'".formatted(prepared.facts()));
        }
        return new OpenTap(
                prepared.handles().stream().map(TapQueue::new).toList(),
                Integer.parseInt(facts[0]),
                facts[1].isEmpty() ? Optional.empty() : Optional.of(MacAddress.parse(facts[1])));
    }

    void close() {
        queues.forEach(TapQueue::close);
    }
}
