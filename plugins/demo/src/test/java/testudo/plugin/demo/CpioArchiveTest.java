package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.plugin.demo.CpioReader.Entry;

class CpioArchiveTest {
    @TempDir private Path folder;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void entriesComeBackWithTheirFoldersInFront() throws IOException {
        Path odd = Files.write(folder.resolve("odd"), new byte[]{1, 2, 3, 4, 5});
        try (CpioArchive archive = new CpioArchive(bytes)) {
            archive.file("a/b/text", 0644, "hello".getBytes(StandardCharsets.UTF_8));
            archive.file("a/program", 0755, odd);
            archive.link("a/link", "program");
            archive.characterDevice("dev/console", 5, 1);
        }
        List<Entry> entries = CpioReader.read(bytes.toByteArray());
        assertEquals(List.of("a", "a/b", "a/b/text", "a/program", "a/link", "dev", "dev/console"),
                entries.stream().map(Entry::name).toList());
        assertEquals(List.of(0040755, 0040755, 0100644, 0100755, 0120777, 0040755, 0020600), entries.stream().map(Entry::mode).toList());
        assertEquals("hello", entries.get(2).text());
        assertArrayEquals(new byte[]{1, 2, 3, 4, 5}, entries.get(3).content());
        assertEquals("program", entries.get(4).text());
        assertEquals(5, entries.get(6).major());
        assertEquals(1, entries.get(6).minor());
    }

    /// The first header of `file("f", 0644, {7})`, digit by digit.
    @Test
    void headerIsTheOneOfTheSpecification() throws IOException {
        try (CpioArchive archive = new CpioArchive(bytes)) {
            archive.file("f", 0644, new byte[]{7});
        }
        assertEquals("070701" + "00000001" + "000081A4" + "00000000" + "00000000" + "00000001" + "00000000" + "00000001"
                + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000" + "f\0" + "\7\0\0\0",
                bytes.toString(StandardCharsets.US_ASCII).substring(0, 116));
    }

    @Test
    void secondArchiveFollowsAnInitramfsOfAnyLength() throws IOException {
        for (int length : new int[]{0, 1, 2, 3, 4}) {
            Path base = Files.write(folder.resolve("base"), new byte[length]);
            Path joined = folder.resolve("joined");
            Initramfs.append(joined, base, Map.of("testudo/command", "exit 7\n"));
            List<Entry> entries = CpioReader.read(Files.readAllBytes(joined));
            assertEquals("exit 7\n", entries.stream().filter(each -> each.name().equals("testudo/command")).findFirst().orElseThrow()
                    .text());
            assertTrue(entries.stream().filter(each -> each.name().equals("init")).findFirst().orElseThrow().text().startsWith(
                    "#!/bin/busybox sh\n"));
        }
    }

    @Test
    void fileTooLargeForTheFormIsRefused() throws IOException {
        Path large = folder.resolve("large");
        try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
            sparse.setLength(1L << 32);
        }
        CpioArchive archive = new CpioArchive(OutputStream.nullOutputStream());
        assertTrue(String.valueOf(assertThrows(IOException.class, () -> archive.file("f", 0644, large)).getMessage())
                .contains("do not fit"));
    }
}
