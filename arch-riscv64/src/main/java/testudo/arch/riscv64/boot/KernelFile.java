package testudo.arch.riscv64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import testudo.arch.riscv64.boot.Source.Gzip;
import testudo.arch.riscv64.boot.Source.Plain;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// Finds out what a kernel file is.
public final class KernelFile {
    private static final int PE_RISCV64 = 0x5064;
    private static final int PROBE_BYTES = 64;

    private KernelFile() {}

    /// Whether a file claims to be a RISC-V kernel. Says nothing about whether it can boot.
    /// @param file the file
    /// @return what it claims to be
    public static Optional<String> recognise(KernelImage file) {
        if (ElfFile.isRiscv(file)) {
            return Optional.of("ELF kernel");
        }
        if (packedInEfi(file).isPresent()) {
            return Optional.of("Linux Image in an EFI application");
        }
        try {
            return image(file).map(ImageFile::description);
        } catch (VmmException.Config damaged) { // gzip data of which not even the head can be read: nobody's kernel
            return Optional.empty();
        }
    }

    /// Reads and checks a kernel.
    /// @param file the file
    /// @param map where memory is
    /// @return what to load and how to start it
    /// @throws VmmException.Config with what is wrong with the file
    public static BootImage parse(KernelImage file, MemoryMap map) {
        if (ElfFile.isElf(file)) {
            return new ElfFile(file).parse(map);
        }
        Optional<EfiPacking> efi = packedInEfi(file);
        efi.ifPresent(EfiPacking::checkComplete);
        if (efi.isPresent() && !efi.get().isGzip()) {
            throw new VmmException.Config(
                    "kernel %s is an EFI application that unpacks %s data; give the Image that was packed (arch/riscv/boot/Image)"
                            .formatted(file.path(), efi.get().compression()));
        }
        return image(file).orElseThrow(() -> new VmmException.Config(
                "kernel %s is %s; give a riscv64 Linux Image, as it is or gzip-compressed, or an ELF vmlinux"
                        .formatted(file.path(), describe(file))))
                .parse(map);
    }

    private static Optional<ImageFile> image(KernelImage file) {
        byte[] head = file.bytes(0, PROBE_BYTES);
        if (ImageFile.isImage(head)) {
            return Optional.of(new ImageFile(file, new Plain(file, 0), file.sizeBytes(), "", head));
        }
        Optional<Gzip> gzip = packedInEfi(file).filter(EfiPacking::isGzip).map(EfiPacking::payload);
        if (gzip.isEmpty() && Gzip.isAt(file, 0)) {
            gzip = Optional.of(new Gzip(file, 0, file.sizeBytes()));
        }
        return gzip.flatMap(packed -> {
            byte[] unpacked = packed.head(ImageFile.HEADER_BYTES);
            return ImageFile.isImage(unpacked)
                    ? Optional.of(new ImageFile(file, packed, packed.unpackedBytes(), ", gzip-compressed", unpacked))
                    : Optional.empty();
        });
    }

    /// A kernel inside of an EFI application that unpacks it: Linux's `CONFIG_EFI_ZBOOT`.
    /// @param payload the packed data, if it is gzip
    /// @param compression how it is packed
    private record EfiPacking(Gzip payload, String compression) {
        boolean isGzip() {
            return compression.equals("gzip") && Gzip.isAt(payload.file(), payload.offset());
        }

        void checkComplete() {
            KernelImage file = payload.file();
            if (payload.offset() + payload.lengthBytes() > file.sizeBytes()) {
                throw new VmmException.Config("kernel %s is truncated: its payload ends at %d, the file at %d"
                        .formatted(file.path(), payload.offset() + payload.lengthBytes(), file.sizeBytes()));
            }
        }
    }

    private static Optional<EfiPacking> packedInEfi(KernelImage file) {
        byte[] head = file.bytes(0, PROBE_BYTES);
        ByteBuffer header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (!latin(head).startsWith("MZ") || !latin(head).startsWith("zimg", 4)) {
            return Optional.empty();
        }
        long machine = Integer.toUnsignedLong(header.getInt(0x3C)) + 4;
        byte[] pe = file.bytes(machine, 2);
        if (((pe[0] & 0xFF) | (pe[1] & 0xFF) << 8) != PE_RISCV64) {
            return Optional.empty();
        }
        long offset = Integer.toUnsignedLong(header.getInt(8));
        long length = Integer.toUnsignedLong(header.getInt(12));
        String compression = latin(head).substring(24, 0x38);
        int nul = compression.indexOf(0);
        return Optional.of(new EfiPacking(new Gzip(file, offset, length), nul < 0 ? compression : compression.substring(0, nul)));
    }

    private static String describe(KernelImage file) {
        byte[] head = file.bytes(0, PROBE_BYTES);
        String text = latin(head);
        if (text.startsWith("\u0028\u00b5\u002f\u00fd")) {
            return "zstd-compressed; unpack it with zstd -d";
        }
        if (text.startsWith("\u00fd7zXZ\u0000")) {
            return "xz-compressed; unpack it with xz -d";
        }
        if (text.startsWith("\u001f\u008b")) {
            return "gzip-compressed, but holds no Linux Image; unpack an ELF file with gzip -d";
        }
        if (text.startsWith("\u0004\"M\u0018") || text.startsWith("\u0002!L\u0018")) {
            return "lz4-compressed; unpack it with lz4 -d";
        }
        if (text.startsWith("BZh")) {
            return "bzip2-compressed; unpack it with bzip2 -d";
        }
        if (text.startsWith("ARM\u0064", 0x38)) {
            return "an arm64 Image";
        }
        if (text.startsWith("070701")) {
            return "a cpio archive; an initial ramdisk is given by --initrd";
        }
        return text.startsWith("MZ") ? "an EFI application without a Linux header" : "of an unknown format";
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
