package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
    @TempDir private Path folder;

    private void module(String path, String depends) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        byte[] plain = ModuleBytes.depending(depends);
        Files.write(file, path.endsWith(".xz") ? ModuleBytes.compressed(plain) : plain);
    }

    private List<String> order(String... wanted) throws IOException {
        return List.copyOf(new KernelModules(folder).loadOrder(List.of(wanted)).sequencedKeySet());
    }

    @Test
    void whatIsNeededComesFirstAndOnce() throws IOException {
        module("fs/ext4/ext4.ko.xz", "jbd2,mbcache");
        module("fs/jbd2/jbd2.ko.xz", "crc-base");
        module("fs/mbcache.ko", "");
        module("lib/crc_base.ko.xz", "");
        module("drivers/virtio_blk.ko.xz", "");
        assertEquals(List.of("virtio_blk", "crc_base", "jbd2", "mbcache", "ext4"), order("virtio_blk", "ext4", "jbd2"));
    }

    @Test
    void whatIsNotThereIsBuiltIn() throws IOException {
        module("virtio_blk.ko.xz", "");
        assertEquals(List.of("virtio_blk"), order("virtio_pci", "virtio-blk"));
    }

    @Test
    void modulesAreStoredUncompressed() throws IOException {
        module("virtio_blk.ko.xz", "");
        ModuleFile module = new KernelModules(folder).loadOrder(List.of("virtio_blk")).firstEntry().getValue();
        assertArrayEquals(ModuleBytes.depending(""), module.content());
    }

    @Test
    void missingDependencyIsNamed() throws IOException {
        module("ext4.ko", "jbd2");
        assertEquals("kernel module jbd2, needed by ext4, is missing", failure("ext4"));
    }

    @Test
    void circleIsRefused() throws IOException {
        module("a.ko", "b");
        module("b.ko", "a");
        assertEquals("kernel modules depend on each other: [a, b]", failure("a"));
    }

    @Test
    void moduleThatSaysNothingIsRefused() throws IOException {
        byte[] module = ModuleBytes.depending("x");
        // The name of the entry is spoilt.
        int at = new String(module, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("depends=");
        module[at] = 'D';
        Files.write(folder.resolve("a.ko"), module);
        assertEquals("the module says nothing about what it depends on", failure("a"));
    }

    private String failure(String wanted) {
        return String.valueOf(assertThrows(IOException.class, () -> order(wanted)).getMessage());
    }

    @Property(tries = 300)
    void brokenModulesAreRefusedInOrder(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] module = ModuleBytes.depending("a,b");
        for (int i = 0; i < 1 + random.nextInt(8); i++) {
            module[random.nextInt(module.length)] = (byte) random.nextInt();
        }
        try {
            assertTrue(new ModuleFile(module).depends().size() < module.length);
        } catch (IOException refused) {
            assertTrue(String.valueOf(refused.getMessage()).length() > 10);
        }
    }
}
