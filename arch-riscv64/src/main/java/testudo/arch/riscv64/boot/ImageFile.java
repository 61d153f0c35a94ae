package testudo.arch.riscv64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import testudo.arch.riscv64.boot.BootImage.Segment;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// A Linux Image: plain or with an EFI stub in front, which is the same header; as it is, or gzip-compressed, by itself or inside of a
/// self-unpacking EFI application (`vmlinuz.efi`).
final class ImageFile {
    /// How much of an Image tells what it is.
    static final int HEADER_BYTES = 64;
    private static final int MAGIC2 = 0x05435352; // "RSC\5"
    private static final long BIG_ENDIAN = 1;
    private static final long PLACE_ALIGNMENT = 2L << 20;

    private final KernelImage file;
    private final Source source;
    private final long fileBytes;
    private final String packing;
    private final ByteBuffer header;

    /// @param source where its bytes come from
    /// @param fileBytes how many there are
    /// @param packing how it is described when it is packed, with a comma in front
    ImageFile(KernelImage file, Source source, long fileBytes, String packing, byte[] header) {
        this.file = file;
        this.source = source;
        this.fileBytes = fileBytes;
        this.packing = packing;
        this.header = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    }

    static boolean isImage(byte[] header) {
        return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(0x38) == MAGIC2;
    }

    String description() {
        boolean efi = header.get(0) == 'M' && header.get(1) == 'Z';
        return "Linux Image" + (efi ? " with EFI stub" : "") + packing;
    }

    BootImage parse(MemoryMap map) {
        List<String> problems = new ArrayList<>();
        long textOffset = header.getLong(8);
        long imageBytes = header.getLong(16);
        if (fileBytes < HEADER_BYTES) {
            problems.add("kernel %s is truncated: %d bytes".formatted(file.path(), fileBytes));
        }
        if ((header.getLong(24) & BIG_ENDIAN) != 0) {
            problems.add("kernel %s is for big-endian harts; there are none here".formatted(file.path()));
        }
        if (imageBytes < 0 || textOffset < 0 || textOffset % PLACE_ALIGNMENT != 0) {
            problems.add("kernel %s: its header asks for %d bytes at offset 0x%x; the file is damaged"
                    .formatted(file.path(), imageBytes, textOffset));
        }
        long memoryBytes = Math.max(imageBytes, fileBytes);
        if (problems.isEmpty() && !map.holds(MemoryMap.RAM + textOffset, memoryBytes)) {
            problems.add("kernel %s needs %d bytes of memory from 0x%x on, which ends at 0x%x; give more (--mem)"
                    .formatted(file.path(), memoryBytes, MemoryMap.RAM + textOffset, map.ramEnd()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        long gpa = MemoryMap.RAM + textOffset;
        return new BootImage(
                description(), gpa, List.of(new Segment(source, gpa, fileBytes, memoryBytes)), gpa + memoryBytes);
    }
}
