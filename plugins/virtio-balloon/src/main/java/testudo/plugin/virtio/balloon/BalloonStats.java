package testudo.plugin.virtio.balloon;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import testudo.spi.command.Json;
import testudo.spi.memory.BufferList;

/// What the guest says about its memory (VIRTIO 1.3, 5.5.6.3 "Memory Statistics"). Nothing here is trusted: it is only shown.
final class BalloonStats {
    static final int MAX_ENTRIES = 64;
    private static final int ENTRY_BYTES = 10;
    private static final int SHARED_TAG = 65534;
    private static final int UNEVICTABLE_TAG = 65535;
    private static final String[] NAMES = {
            "swap_in", "swap_out", "major_faults", "minor_faults", "free_memory", "total_memory", "available_memory", "disk_caches",
            "hugetlb_allocations", "hugetlb_failures", "shared_memory", "unevictable_memory"};
    private static final int SHARED = 10;
    private static final int UNEVICTABLE = 11;

    private final long[] values = new long[NAMES.length];
    private final boolean[] known = new boolean[NAMES.length];

    /// Reads a report: entries of a 16-bit tag and a 64-bit value. Unknown tags are skipped.
    void read(BufferList report) {
        Arrays.fill(known, false);
        for (int entry = 0; entry < MAX_ENTRIES && report.remainingBytes() >= ENTRY_BYTES; entry++) {
            int tag = report.readByte() | report.readByte() << 8;
            long value = report.readLong();
            int index = switch (tag) {
                case SHARED_TAG -> SHARED;
                case UNEVICTABLE_TAG -> UNEVICTABLE;
                default -> tag < SHARED ? tag : -1;
            };
            if (index >= 0) {
                values[index] = value;
                known[index] = true;
            }
        }
    }

    /// The response to a request for statistics.
    Object response(long actualBytes) {
        Map<String, Object> stats = new LinkedHashMap<>();
        for (int i = 0; i < NAMES.length; i++) {
            stats.put(NAMES[i], known[i] ? values[i] : Json.NULL);
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("stats", stats);
        body.put("balloon_actual", actualBytes);
        return Map.of("BalloonStats", body);
    }

    /// A response as indented JSON.
    static String print(Object response) {
        StringBuilder text = new StringBuilder();
        append(text, response, "\n");
        return text.append('\n').toString();
    }

    private static void append(StringBuilder text, Object value, String newLine) {
        switch (value) {
            case Map<?, ?> fields when !fields.isEmpty() -> {
                String separator = "{";
                for (Map.Entry<?, ?> field : fields.entrySet()) {
                    text.append(separator).append(newLine).append("  \"").append(field.getKey()).append("\": ");
                    append(text, field.getValue(), newLine + "  ");
                    separator = ",";
                }
                text.append(newLine).append('}');
            }
            case Json _ -> text.append("null");
            case Long number -> text.append(Long.toUnsignedString(number));
            case String string -> text.append('"').append(string).append('"');
            default -> text.append(value);
        }
    }
}
