package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import testudo.spi.arch.KernelImage;

/// The notes of an ELF kernel: the PVH entry point (Xen public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY).
final class ElfNotes {
    private static final int PHYS32_ENTRY = 18;
    private static final int XEN = 0x006E6558; // "Xen", NUL
    private static final int MAX_BYTES = 1 << 16;
    private static final int HEADER_BYTES = 12;

    private ElfNotes() {}

    /// Finds the PVH entry point in a note segment.
    /// @return the entry point; empty when there is none, or when `problems` has grown
    static OptionalLong pvhEntry(KernelImage file, long offset, long sizeBytes, long align, List<String> problems) {
        if (sizeBytes < 0 || sizeBytes > MAX_BYTES || offset < 0 || offset > file.sizeBytes() - sizeBytes) {
            problems.add("kernel %s: notes of 0x%x bytes at 0x%x are not in the file or larger than 64 KiB"
                    .formatted(file.path(), sizeBytes, offset));
            return OptionalLong.empty();
        }
        ByteBuffer notes = ByteBuffer.wrap(file.bytes(offset, (int) sizeBytes)).order(ByteOrder.LITTLE_ENDIAN);
        int padding = align == 8 ? 8 : 4;
        long at = 0;
        while (at + HEADER_BYTES <= sizeBytes) {
            int note = (int) at;
            long nameBytes = Integer.toUnsignedLong(notes.getInt(note));
            long valueBytes = Integer.toUnsignedLong(notes.getInt(note + 4));
            long value = roundUp(at + HEADER_BYTES + nameBytes, padding);
            if (valueBytes > sizeBytes - value) {
                problems.add("kernel %s: a note with a name of 0x%x and a value of 0x%x bytes is longer than its segment"
                        .formatted(file.path(), nameBytes, valueBytes));
                return OptionalLong.empty();
            }
            boolean isXen = nameBytes == 4 && notes.getInt(note + HEADER_BYTES) == XEN;
            if (isXen && notes.getInt(note + 8) == PHYS32_ENTRY) {
                return entry(file, notes, (int) value, valueBytes, problems);
            }
            at = roundUp(value + valueBytes, padding);
        }
        return OptionalLong.empty();
    }

    private static OptionalLong entry(KernelImage file, ByteBuffer notes, int at, long bytes, List<String> problems) {
        if (bytes == 4) {
            return OptionalLong.of(Integer.toUnsignedLong(notes.getInt(at)));
        }
        if (bytes == 8 && notes.getInt(at + 4) == 0) {
            return OptionalLong.of(Integer.toUnsignedLong(notes.getInt(at)));
        }
        problems.add("kernel %s: its PVH entry note of %d bytes is not a 32-bit address".formatted(file.path(), bytes));
        return OptionalLong.empty();
    }

    private static long roundUp(long value, int granule) {
        return (value + granule - 1) & -granule;
    }
}
