package testudo.plugin.virtio.block;

import java.util.Map;
import java.util.OptionalLong;

/// The request to change a disk's size: `{"DiskCommand":{"disk_index":0,"command":{"Resize":{"new_size":1048576}}}}`.
final class ResizeCommand {
    static final String TAG = "DiskCommand";
    private static final String INDEX = "disk_index";
    private static final String COMMAND = "command";
    private static final String RESIZE = "Resize";
    private static final String SIZE = "new_size";

    private ResizeCommand() {}

    static Object request(long index, long sizeBytes) {
        return Map.of(TAG, Map.of(INDEX, index, COMMAND, Map.of(RESIZE, Map.of(SIZE, sizeBytes))));
    }

    static boolean isFor(int index, String tag, Object body) {
        return tag.equals(TAG) && body instanceof Map<?, ?> fields && Long.valueOf(index).equals(fields.get(INDEX));
    }

    /// The size that a request asks for.
    /// @return empty when the request has another shape
    static OptionalLong newSize(Object body) {
        if (body instanceof Map<?, ?> fields
                && fields.get(COMMAND) instanceof Map<?, ?> command
                && command.get(RESIZE) instanceof Map<?, ?> resize
                && resize.get(SIZE) instanceof Long size
                && size >= 0) {
            return OptionalLong.of(size);
        }
        return OptionalLong.empty();
    }
}
