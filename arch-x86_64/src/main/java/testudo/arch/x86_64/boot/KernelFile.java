package testudo.arch.x86_64.boot;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// Finds out what a kernel file is.
public final class KernelFile {
    private static final int PROBE_BYTES = 0x400;
    private static final int TEXT_BYTES = 64;

    private KernelFile() {}

    /// Whether a file claims to be an x86 kernel. Says nothing about whether it can boot.
    /// @param file the file
    /// @return what it claims to be
    public static Optional<String> recognise(KernelImage file) {
        if (MultibootFile.find(file).isPresent()) {
            return Optional.of("multiboot kernel");
        }
        if (ElfFile.isX86(file)) {
            return Optional.of("ELF kernel");
        }
        return BzImageFile.isBzImage(file) ? Optional.of("Linux bzImage " + BzImageFile.version(file)) : Optional.empty();
    }

    /// Reads and checks a kernel.
    /// @param file the file
    /// @param map where memory is
    /// @return what to load and how to start it
    /// @throws VmmException.Config with what is wrong with the file
    public static BootImage parse(KernelImage file, MemoryMap map) {
        Optional<MultibootFile> multiboot = MultibootFile.find(file);
        if (multiboot.isPresent()) {
            return multiboot.get().parse(map);
        }
        if (ElfFile.isElf(file)) {
            return new ElfFile(file).parse(map);
        }
        if (BzImageFile.isBzImage(file)) {
            return new BzImageFile(file).parse(map);
        }
        throw new VmmException.Config("kernel %s is %s; give an x86 bzImage, an ELF vmlinux or a multiboot kernel"
                .formatted(file.path(), describe(file)));
    }

    private static String describe(KernelImage file) {
        byte[] head = file.bytes(0, PROBE_BYTES);
        String latin = new String(head, StandardCharsets.ISO_8859_1);
        if (latin.startsWith("ARM\u0064", 0x38)) {
            return "an arm64 Image";
        }
        if (latin.startsWith("RISCV", 0x30) || latin.startsWith("RSC\u0005", 0x38)) {
            return "a riscv Image";
        }
        if (latin.startsWith("MZ")) {
            return latin.startsWith("zimg", 4) ? "a compressed EFI application" : "an EFI application, not a bzImage";
        }
        if (latin.startsWith("ANDROID!")) {
            return "an Android boot image";
        }
        if (latin.startsWith("070701") || latin.startsWith("070702")) {
            return "a cpio archive; an initial ramdisk is given by --initrd";
        }
        return compression(latin).map(name -> name + "-compressed; decompress it first").orElseGet(() -> other(file, head));
    }

    private static Optional<String> compression(String latin) {
        if (latin.startsWith("\u001f\u008b")) {
            return Optional.of("gzip");
        }
        if (latin.startsWith("\u0028\u00b5\u002f\u00fd")) {
            return Optional.of("zstd");
        }
        if (latin.startsWith("\u00fd7zXZ\u0000")) {
            return Optional.of("xz");
        }
        if (latin.startsWith("\u0004\"M\u0018") || latin.startsWith("\u0002!L\u0018")) {
            return Optional.of("lz4");
        }
        return latin.startsWith("BZh") ? Optional.of("bzip2") : Optional.empty();
    }

    private static String other(KernelImage file, byte[] head) {
        int length = (int) Math.min(TEXT_BYTES, file.sizeBytes());
        for (int i = 0; i < length; i++) {
            boolean printable = (head[i] >= ' ' && head[i] < 0x7F) || head[i] == '\n' || head[i] == '\r' || head[i] == '\t';
            if (!printable) {
                return (head[0x1FE] & 0xFF) == 0x55 && (head[0x1FF] & 0xFF) == 0xAA
                        ? "a disk image with a boot sector"
                        : "of an unknown format";
            }
        }
        return "a text file";
    }
}
