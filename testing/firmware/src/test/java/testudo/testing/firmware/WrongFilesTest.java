package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files from which no machine can start: one line that names the file, no stack trace, no machine.
class WrongFilesTest {
    private static final int FAILURE = 1;

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Product.assumeKvm();
    }

    @Test
    void firmwareThatIsMissing() throws Exception {
        refused("--bios", folder.resolve("missing"));
    }

    @Test
    void firmwareThatIsAFolder() throws Exception {
        refused("--bios", folder);
    }

    @Test
    void firmwareThatIsEmpty() throws Exception {
        refused("--bios", Files.createFile(folder.resolve("empty")));
    }

    @Test
    void firmwareThatIsTooLarge() throws Exception {
        Path file = folder.resolve("large");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength((16 << 20) + 1);
        }
        refused("--bios", file);
    }

    @Test
    void kernelThatIsText() throws Exception {
        refused("--kernel", Files.writeString(folder.resolve("text"), "not a kernel\n".repeat(1000)));
    }

    @Test
    void kernelThatIsTruncated() throws Exception {
        byte[] code = GuestCode.flat().print("never printed").reset();
        byte[] whole = Files.readAllBytes(GuestImage.elf64(folder.resolve("whole"), code));
        byte[] half = Arrays.copyOf(whole, whole.length - code.length / 2);
        refused("--kernel", Files.write(folder.resolve("half"), half));
    }

    @Test
    void kernelAndFirmwareTogether() throws Exception {
        byte[] code = GuestCode.flat().reset();
        Path kernel = GuestImage.multiboot(folder.resolve("kernel"), code);
        Product.Ending ending = Product.run(folder, "--bios", kernel.toString(), kernel.toString());

        assertEquals(FAILURE, ending.status(), ending::log);
        assertTrue(ending.log().contains("--bios"), ending::log);
    }

    private void refused(String option, Path file) throws Exception {
        Product.Ending ending = option.equals("--kernel")
                ? Product.run(folder, file.toString())
                : Product.run(folder, option, file.toString());

        assertEquals("", ending.serial());
        assertEquals(FAILURE, ending.status(), ending::log);
        assertTrue(ending.log().contains(file.toString()), ending::log);
        assertFalse(ending.log().contains("\tat "), ending::log);
    }
}
