package testudo.plugin.loader;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import testudo.spi.VmmException;

/// Reads a zip file that is in memory, within limits. What it does not like, it refuses as a whole.
final class ZipContents {
    /// How many entries a zip file may have.
    static final int MAX_ENTRIES = 20_000;
    /// How long an entry's name may be, in characters.
    private static final int MAX_NAME = 512;
    private static final int PIECE_BYTES = 64 << 10;

    private ZipContents() {}

    /// Reads all entries; folders are left out.
    /// @param zip the file
    /// @param maxBytes how much its entries may hold together, unpacked
    /// @param where for error messages
    /// @return contents by name, in the order of the file
    /// @throws VmmException.Config when it is damaged, has a name that leads elsewhere, a name twice, or is too large
    static Map<String, byte[]> read(byte[] zip, int maxBytes, String where) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        int count = 0;
        int left = maxBytes;
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (++count > MAX_ENTRIES) {
                    throw refused(where, "it has more than " + MAX_ENTRIES + " entries");
                }
                String name = entry.getName();
                checkName(name, where);
                byte[] content = contents(in, left, where, maxBytes);
                left -= content.length;
                if (!entry.isDirectory() && entries.put(name, content) != null) {
                    throw refused(where, "it has two entries named " + shown(name));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw refused(where, "it is damaged (" + e.getMessage() + ")");
        }
        if (count == 0) {
            throw refused(where, "it is not a zip file, or an empty one");
        }
        return entries;
    }

    private static byte[] contents(ZipInputStream in, int left, String where, int maxBytes) throws IOException {
        byte[] content = new byte[Math.min(left, PIECE_BYTES)];
        int length = 0;
        while (true) {
            if (length == content.length) {
                int next = in.read();
                if (next < 0) {
                    break;
                }
                if (length == left) {
                    throw refused(where, "it holds more than " + (maxBytes >> 20) + " MiB unpacked");
                }
                content = java.util.Arrays.copyOf(content, (int) Math.min(left, Math.max(PIECE_BYTES, 2L * length)));
                content[length++] = (byte) next;
            }
            int read = in.read(content, length, content.length - length);
            if (read < 0) {
                break;
            }
            length += read;
        }
        return length == content.length ? content : java.util.Arrays.copyOf(content, length);
    }

    private static void checkName(String name, String where) {
        String plain = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        boolean bad = plain.isEmpty() || plain.length() > MAX_NAME || plain.indexOf('\\') >= 0 || plain.indexOf(':') >= 0
                || plain.chars().anyMatch(Character::isISOControl);
        for (String part : plain.split("/", -1)) {
            bad |= part.isEmpty() || part.equals(".") || part.equals("..");
        }
        if (bad) {
            throw refused(where, "its entry " + shown(name) + " has a name that may lead out of it");
        }
    }

    private static String shown(String name) {
        String start = name.length() > 80 ? name.substring(0, 80) + "…" : name;
        return "'" + start.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    private static VmmException.Config refused(String where, String reason) {
        return new VmmException.Config("%s is refused: %s; get it from its vendor again".formatted(where, reason));
    }
}
