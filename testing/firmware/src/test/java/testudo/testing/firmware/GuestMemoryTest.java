package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What guests find at addresses and ports, with memory and without.
class GuestMemoryTest {
    private static final long NOWHERE = 0xE000_0000L;
    private static final long RAM = 0x20_0000;
    private static final int UNUSED_PORT = 0x1234;
    private static final int RESET = 32;
    private static final String ONES = "\u00FF\u00FF\u00FF\u00FF";

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Product.assumeKvm();
    }

    @Test
    void memoryKeepsWhatIsWritten() throws Exception {
        assertEquals("data", run(GuestCode.flat().store(RAM, 0x61746164).load(RAM).printEax().reset()));
    }

    /// The control is the test above: the same instructions at an address that is memory.
    @Test
    void nothingAnswersOutsideOfMemory() throws Exception {
        assertEquals(ONES, run(GuestCode.flat().store(NOWHERE, 0x61746164).load(NOWHERE).printEax().reset()));
    }

    @Test
    void nothingAnswersAtAnUnusedPort() throws Exception {
        assertEquals(ONES, run(GuestCode.flat().port(UNUSED_PORT).raw(0x31, 0xC0, 0xED).printEax().reset())); // xor eax, eax; in eax, dx
    }

    @Test
    void firmwareCannotBeWritten() throws Exception {
        assertEquals("R", runFirmware(GuestImage.firmware(folder.resolve("firmware"), writeMark())));
    }

    /// The control of the test above, and what a PC BIOS counts on: its copy below 1 MiB is memory.
    @Test
    void theCopyOfLegacyFirmwareCanBeWritten() throws Exception {
        assertEquals("W", runFirmware(GuestImage.legacyFirmware(folder.resolve("firmware"), writeMark())));
    }

    /// Changes the mark in the firmware's code segment and prints it.
    private static byte[] writeMark() {
        return GuestCode.real()
                .raw(0x2E, 0xC6, 0x06, 0, GuestImage.MARK_OFFSET >> 8, 'W') // mov byte cs:[mark], 'W'
                .raw(0x2E, 0xA0, 0, GuestImage.MARK_OFFSET >> 8) // mov al, cs:[mark]
                .printAl()
                .reset();
    }

    private String run(byte[] code) throws Exception {
        return serial(Product.run(folder, GuestImage.multiboot(folder.resolve("kernel"), code).toString()));
    }

    private String runFirmware(Path firmware) throws Exception {
        return serial(Product.run(folder, "--bios", firmware.toString()));
    }

    private static String serial(Product.Ending ending) {
        assertEquals(RESET, ending.status(), ending::log);
        return ending.serial();
    }
}
