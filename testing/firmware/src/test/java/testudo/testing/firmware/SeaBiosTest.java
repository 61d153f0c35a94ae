package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// SeaBIOS as the distribution ships it finds the devices of a machine, starts what is on its disk and serves it.
///
/// Its own driver reads the disk, and what starts from there waits for the timer's interrupt through the BIOS.
/// `bios-microvm.bin` is left out: it is made for machines without a PC's chipset.
class SeaBiosTest {
    private static final Path IMAGES = Path.of("/usr/share/seabios");
    private static final String MARKER = "the boot sector runs";
    private static final int RESET = 32;

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Product.assumeKvm();
        assumeTrue(Files.isRegularFile(IMAGES.resolve("bios.bin")), "needs " + IMAGES + " of package seabios");
    }

    @Test
    void bootsFromAVirtioDisk() throws Exception {
        Product.Ending ending = run("bios.bin", "--block", "path=" + markedDisk());

        assertEquals(MARKER, ending.serial(), () -> log(ending));
        assertEquals(RESET, ending.status(), () -> log(ending));
        assertTrue(debug().contains("RamSize: 0x04000000"), () -> log(ending));
    }

    @Test
    void bootsWithInterruptControllersInUserSpaceAndTwoProcessors() throws Exception {
        Product.Ending ending = run("bios.bin", "--irqchip", "split", "--cpus", "2", "--block", "path=" + markedDisk());

        assertEquals(MARKER, ending.serial(), () -> log(ending));
        assertTrue(debug().contains("Found 2 cpu(s)"), () -> log(ending));
    }

    /// The control of the tests above, and what a BIOS does without a disk: it says so and resets the machine.
    @Test
    void reportsThatThereIsNothingToBoot() throws Exception {
        Product.Ending ending = run("bios.bin", "--fw-cfg", "name=etc/boot-fail-wait,path=" + integer("wait", 1));

        assertEquals("", ending.serial(), () -> log(ending));
        assertTrue(debug().contains("No bootable device."), () -> log(ending));
        assertEquals(RESET, ending.status(), () -> log(ending));
    }

    /// With the larger image, which is the same BIOS with more drivers.
    @Test
    void bootIndexesDecideBetweenDisks() throws Exception {
        Path first = GuestImage.disk(folder.resolve("first"), GuestCode.real().print("first").reset());
        Path second = GuestImage.disk(folder.resolve("second"), GuestCode.real().print("second").reset());

        Product.Ending ending = run("bios-256k.bin", "--block", "path=" + first + ",bootindex=2", "--block", "path=" + second
                + ",bootindex=1");

        assertEquals("second", ending.serial(), () -> log(ending));
    }

    /// Runs SeaBIOS without its boot menu, which waits for a key.
    private Product.Ending run(String image, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(
                List.of(
                        "--bios",
                        IMAGES.resolve(image).toString(),
                        "--serial",
                        "type=file,hardware=debugcon,path=" + folder.resolve("debug"),
                        "--fw-cfg",
                        "name=etc/show-boot-menu,path=" + integer("menu", 0)));
        all.addAll(List.of(arguments));
        return Product.run(folder, all.toArray(String[]::new));
    }

    private Path markedDisk() throws IOException {
        return GuestImage.disk(folder.resolve("disk"), GuestCode.real().awaitTick().print(MARKER).reset());
    }

    private Path integer(String name, int value) throws IOException {
        return Files.write(folder.resolve(name), new byte[]{(byte) value});
    }

    private String debug() throws IOException {
        return Files.readString(folder.resolve("debug"), StandardCharsets.ISO_8859_1);
    }

    private String log(Product.Ending ending) {
        try {
            return ending.log() + '\n' + debug();
        } catch (IOException e) {
            return ending.log() + '\n' + e;
        }
    }
}
