package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads "newc" archives, one after the other as the kernel does, and insists on their form.
final class CpioReader {
    private static final int FIELDS = 13;
    private static final int HEADER = 6 + 8 * FIELDS;

    private CpioReader() {}

    /// @param mode type and permissions
    /// @param content of a file; target of a link
    record Entry(String name, int mode, int major, int minor, byte[] content) {
        String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    static List<Entry> read(byte[] archive) {
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        while (at < archive.length) {
            if (archive[at] == 0) {
                at++;
                continue;
            }
            assertEquals(0, at % 4, "a header is aligned");
            assertEquals("070701", text(archive, at, 6));
            long[] fields = new long[FIELDS];
            for (int i = 0; i < FIELDS; i++) {
                fields[i] = Long.parseLong(text(archive, at + 6 + 8 * i, 8), 16);
            }
            int nameBytes = (int) fields[11];
            String name = text(archive, at + HEADER, nameBytes - 1);
            assertEquals(0, archive[at + HEADER + nameBytes - 1], "names end in zero");
            int start = aligned(at + HEADER + nameBytes);
            int end = start + (int) fields[6];
            if (!name.equals("TRAILER!!!")) {
                entries.add(new Entry(name, (int) fields[1], (int) fields[9], (int) fields[10], Arrays.copyOfRange(archive, start, end)));
            }
            at = aligned(end);
        }
        assertEquals(archive.length, at, "the archive's end is aligned");
        return entries;
    }

    private static int aligned(int offset) {
        return offset + (-offset & 3);
    }

    private static String text(byte[] bytes, int offset, int length) {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }
}
