package testudo.plugin.virtio.balloon;

import java.util.Map;

/// A command for the balloon: `{"BalloonCommand":{"Adjust":{"num_bytes":0,"wait_for_success":false}}}` or `{"BalloonCommand":"Stats"}`.
sealed interface BalloonCommand {
    /// The tag of all commands.
    String TAG = "BalloonCommand";

    /// Change the size.
    /// @param bytes what to take from the guest
    /// @param awaited whether the answer waits until the guest has given it
    record Adjust(long bytes, boolean awaited) implements BalloonCommand {}

    /// Ask for statistics.
    record Stats() implements BalloonCommand {}

    /// Anything else.
    record Unknown() implements BalloonCommand {}

    /// Makes the request to change the size.
    static Object adjustRequest(long bytes, boolean awaited) {
        return Map.of(TAG, Map.of("Adjust", Map.of("num_bytes", bytes, "wait_for_success", awaited)));
    }

    /// Makes the request for statistics.
    static Object statsRequest() {
        return Map.of(TAG, "Stats");
    }

    /// Reads a request's body, whatever it is.
    static BalloonCommand parse(Object body) {
        if (body.equals("Stats") || (body instanceof Map<?, ?> fields && fields.containsKey("Stats"))) {
            return new Stats();
        }
        if (body instanceof Map<?, ?> fields
                && fields.get("Adjust") instanceof Map<?, ?> adjust
                && adjust.get("num_bytes") instanceof Long bytes
                && bytes >= 0) {
            return new Adjust(bytes, Boolean.TRUE.equals(adjust.get("wait_for_success")));
        }
        return new Unknown();
    }
}
