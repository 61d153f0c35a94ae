package testudo.arch.x86_64;

import testudo.arch.x86_64.layout.Addresses;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.memory.GuestMemory;

/// A firmware image, which ends at 4 GiB and starts at the reset vector.
final class FirmwareImage {
    private static final int RESET_VECTOR_BYTES = 16;
    private static final int FAR_JUMP = 0xEA;
    private static final int LEGACY_SEGMENT_HIGH_BYTE = 0xF0;
    private static final long SHADOW_BYTES = 128 << 10;

    private final KernelImage file;
    private final boolean legacy;

    /// Checks an image.
    /// @throws VmmException.Config when it can't be one
    FirmwareImage(KernelImage file) {
        this.file = file;
        if (file.sizeBytes() < RESET_VECTOR_BYTES || file.sizeBytes() > Addresses.FIRMWARE_MAX_BYTES) {
            throw new VmmException.Config("firmware %s has %d bytes; 16 to %d are possible (--bios)"
                    .formatted(file.path(), file.sizeBytes(), Addresses.FIRMWARE_MAX_BYTES));
        }
        byte[] reset = file.bytes(file.sizeBytes() - RESET_VECTOR_BYTES, RESET_VECTOR_BYTES);
        this.legacy = (reset[0] & 0xFF) == FAR_JUMP && (reset[4] & 0xFF) == LEGACY_SEGMENT_HIGH_BYTE;
    }

    long sizeBytes() {
        return file.sizeBytes();
    }

    String description() {
        return "%s %s".formatted(legacy ? "legacy BIOS" : "firmware", file.path().getFileName());
    }

    /// Whether the first instruction jumps to the segment below 1 MiB, where a PC BIOS expects a copy of itself.
    boolean isLegacy() {
        return legacy;
    }

    void load(GuestMemory memory) {
        file.readFully(0, memory.slice(Addresses.FOUR_GIB - file.sizeBytes(), file.sizeBytes()));
        if (legacy) {
            long shadow = Math.min(SHADOW_BYTES, file.sizeBytes());
            file.readFully(
                    file.sizeBytes() - shadow, memory.slice(Addresses.HIGH_MEMORY - shadow, shadow));
        }
    }
}
