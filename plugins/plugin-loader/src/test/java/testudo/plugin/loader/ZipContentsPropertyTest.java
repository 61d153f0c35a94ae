package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import testudo.spi.VmmException;

/// Any bytes give entries within the limit, or a refusal; nothing else.
class ZipContentsPropertyTest {
    private static final int LIMIT = 100_000;

    @Property(tries = 300)
    void whatWasPackedIsRead(@ForAll @Size(min = 1, max = 5) List<@IntRange(max = 40_000) Integer> sizes, @ForAll long seed) {
        Map<String, byte[]> entries = entries(sizes, seed);
        int total = sizes.stream().mapToInt(Integer::intValue).sum();
        byte[] zip = Vendor.zip(entries);
        if (total > LIMIT) {
            assertTrue(assertThrows(VmmException.Config.class, () -> ZipContents.read(zip, LIMIT, "x")).getMessage().contains(
                    "MiB unpacked"));
        } else {
            Map<String, byte[]> read = ZipContents.read(zip, LIMIT, "x");
            assertEquals(entries.keySet(), read.keySet());
            entries.forEach((name, content) -> assertArrayEquals(content, read.get(name)));
        }
    }

    @Property(tries = 2000)
    void damagedFilesAreReadOrRefused(@ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int changes) {
        byte[] zip = Vendor.zip(entries(List.of(0, 10, 3000), seed));
        Random random = new Random(seed);
        for (int i = 0; i < changes; i++) {
            zip[random.nextInt(zip.length)] = (byte) random.nextInt();
        }
        readOrRefused(zip);
    }

    @Property(tries = 500)
    void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
        readOrRefused(bytes);
    }

    @Example
    void theLimitIsExact() {
        byte[] zip = Vendor.zip(Map.of("x", new byte[LIMIT]));
        assertEquals(LIMIT, ZipContents.read(zip, LIMIT, "x").get("x").length);
        assertThrows(VmmException.Config.class, () -> ZipContents.read(zip, LIMIT - 1, "x"));
        assertThrows(VmmException.Config.class, () -> ZipContents.read(zip, 0, "x"));
    }

    @Example
    void tooManyEntriesAreRefused() {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 0; i <= ZipContents.MAX_ENTRIES; i++) {
            entries.put("e" + i, new byte[0]);
        }
        byte[] zip = Vendor.zip(entries);
        assertTrue(assertThrows(VmmException.Config.class, () -> ZipContents.read(zip, LIMIT, "x")).getMessage().contains("20000 entries"));
    }

    @Example
    void aNameThatIsThereTwiceIsRefused() {
        byte[] zip = Vendor.zip(Map.of("aaaa", new byte[1], "bbbb", new byte[1]));
        for (int i = 0; i + 4 <= zip.length; i++) {
            if (zip[i] == 'b' && zip[i + 1] == 'b' && zip[i + 2] == 'b' && zip[i + 3] == 'b') {
                java.util.Arrays.fill(zip, i, i + 4, (byte) 'a');
            }
        }
        assertTrue(assertThrows(VmmException.Config.class, () -> ZipContents.read(zip, LIMIT, "x")).getMessage().contains("two entries"));
    }

    private static void readOrRefused(byte[] zip) {
        try {
            int total = ZipContents.read(zip, LIMIT, "x").values().stream().mapToInt(content -> content.length).sum();
            assertTrue(total <= LIMIT);
        } catch (VmmException.Config e) {
            assertTrue(e.getMessage().startsWith("x is refused: "), e.getMessage());
        }
    }

    private static Map<String, byte[]> entries(List<Integer> sizes, long seed) {
        Random random = new Random(seed);
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int size : sizes) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            entries.put("folder/" + entries.size(), content);
        }
        return entries;
    }
}
