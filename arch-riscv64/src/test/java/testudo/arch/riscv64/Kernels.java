package testudo.arch.riscv64;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/// Small kernel files.
final class Kernels {
    static final int IMAGE_BYTES = 0x3000;
    /// What an Image takes in memory.
    static final int IMAGE_MEMORY_BYTES = 0x5000;

    private Kernels() {}

    /// A change to a file.
    interface Edit {
        void apply(ByteBuffer file);
    }

    static byte[] edited(ByteBuffer file, Edit edit) {
        edit.apply(file);
        return file.array();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// An Image with EFI stub: the header of arch/riscv/kernel/head.S; the rest is 0xA5.
    static ByteBuffer image() {
        ByteBuffer image = buffer(IMAGE_BYTES);
        java.util.Arrays.fill(image.array(), 64, IMAGE_BYTES, (byte) 0xA5);
        image.put(0, "MZ".getBytes(StandardCharsets.US_ASCII));
        image.putLong(8, 0x20_0000);
        image.putLong(16, IMAGE_MEMORY_BYTES);
        image.putInt(32, 2);
        image.put(0x30, "RISCV\0\0\0".getBytes(StandardCharsets.US_ASCII));
        image.put(0x38, "RSC\u0005".getBytes(StandardCharsets.US_ASCII));
        return image;
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /// An EFI application around a packed Image, as drivers/firmware/efi/libstub/zboot-header.S makes it.
    static ByteBuffer efiApplication(String compression, byte[] payload) {
        ByteBuffer file = buffer(0x200 + payload.length + 100);
        file.put(0, "MZ\0\0zimg".getBytes(StandardCharsets.US_ASCII));
        file.putInt(8, 0x200);
        file.putInt(12, payload.length);
        file.put(24, compression.getBytes(StandardCharsets.US_ASCII));
        file.putInt(0x3C, 0x40);
        file.put(0x40, "PE\0\0".getBytes(StandardCharsets.US_ASCII));
        file.putShort(0x44, (short) 0x5064);
        file.put(0x200, payload);
        return file;
    }

    /// An ELF file with two segments: 0x1000 bytes at 0x1000, and 0x800 of 0x2000 bytes at 0x2000 of the file.
    static ByteBuffer elf(long virtual, long physical) {
        ByteBuffer elf = buffer(0x3000);
        elf.put(0, new byte[]{0x7F, 'E', 'L', 'F', 2, 1, 1});
        elf.putShort(16, (short) 2).putShort(18, (short) 243).putInt(20, 1);
        elf.putLong(24, virtual + 0x40);
        elf.putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 2);
        segment(elf, 0, 0x1000, virtual, physical, 0x1000, 0x1000);
        segment(elf, 1, 0x2000, virtual + 0x10_0000, physical + 0x10_0000, 0x800, 0x2000);
        elf.put(0x1040, (byte) 0x13);
        return elf;
    }

    private static void segment(ByteBuffer elf, int index, long offset, long virtual, long physical, long fileBytes, long memoryBytes) {
        int at = 64 + 56 * index;
        elf.putInt(at, 1);
        elf.putLong(at + 8, offset).putLong(at + 16, virtual).putLong(at + 24, physical);
        elf.putLong(at + 32, fileBytes).putLong(at + 40, memoryBytes);
    }
}
