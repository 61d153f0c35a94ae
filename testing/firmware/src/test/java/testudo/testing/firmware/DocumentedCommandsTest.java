package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The command lines of crosvm's book for the devices that there are: each is understood and describes a machine. What the options do is tested
/// where the options are.
class DocumentedCommandsTest {
    @TempDir Path folder;

    @BeforeEach
    void files() throws IOException {
        Product.assumeKvm();
        GuestImage.elf64(folder.resolve("vmlinux"), GuestCode.flat().halt());
        for (String name : List.of("disk.img", "rootfs", "initrd.img")) {
            Files.write(folder.resolve(name), new byte[1 << 20]);
        }
    }

    private Product.Ending dryRun(String line) throws IOException, InterruptedException {
        return Product.client(folder, (line.replace("@", folder + "/") + " --dry-run").split(" ", -1));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "run @vmlinux",
            "run -m 256 -c 1 @vmlinux",
            "run -r @rootfs @vmlinux",
            "run --rwdisk @rootfs -p root=/dev/vda @vmlinux",
            "run --disable-sandbox --rwdisk @rootfs --initrd @initrd.img -p root=/dev/vda5 @vmlinux",
            "run --rwdisk @rootfs --initrd @initrd.img --net tap-name=crosvm_tap -p root=/dev/vda5 @vmlinux",
            "run -s @crosvm.sock @vmlinux",
            "run --seccomp-policy-dir @ @vmlinux",
            "run --block @disk.img @vmlinux",
            "run --block @disk.img,ro @vmlinux",
            "run --block @disk.img,root @vmlinux",
            "run --block @disk.img,ro,sparse=false,o_direct=true,block_size=4096,id=MYSERIALNO @vmlinux",
            "run --block @disk.img,sparse=false -s @crosvm.sock @vmlinux",
            "run --vhost-user block,socket=@vhost-user.sock @vmlinux"})
    void isUnderstood(String line) throws Exception {
        Product.Ending ending = dryRun(line);

        assertEquals(0, ending.status(), ending::log);
        assertTrue(ending.serial().startsWith("The machine is all right"), ending::serial);
    }

    /// Shows that the check above can fail.
    @Test
    void aTypingErrorIsNot() throws Exception {
        assertNotEquals(0, dryRun("run --blok @disk.img @vmlinux").status());
    }
}
