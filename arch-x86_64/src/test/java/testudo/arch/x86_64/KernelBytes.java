package testudo.arch.x86_64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Kernel files, made byte by byte. The payload of each counts up, so that a test sees where it went.
public final class KernelBytes {
    public static final int SETUP_SECTORS = 3;
    public static final int PAYLOAD_BYTES = 0x8000;
    public static final int SEGMENT_BYTES = 0x3000;
    public static final int ELF_PAYLOAD = 0x1000;

    private KernelBytes() {}

    /// A relocatable bzImage of protocol 2.15 with a 64-bit entry; it wants 4 MiB at 16 MiB.
    public static ByteBuffer bzImage() {
        int setup = (SETUP_SECTORS + 1) * 512;
        ByteBuffer file = ByteBuffer.allocate(setup + PAYLOAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0x1F1, (byte) SETUP_SECTORS).putInt(0x1F4, PAYLOAD_BYTES / 16).putShort(0x1FE, (short) 0xAA55);
        file.putShort(0x200, (short) 0x6AEB).putInt(0x202, 0x53726448).putShort(0x206, (short) 0x20F);
        file.putShort(0x20E, (short) 0x400).put(0x211, (byte) 1).putInt(0x22C, 0x7FFFFFFF).putInt(0x230, 0x200000);
        file.put(0x234, (byte) 1).putShort(0x236, (short) 1).putInt(0x238, 2047);
        file.putLong(0x258, 0x1000000).putInt(0x260, 0x400000);
        file.put(0x600, "6.12.0-test (someone@somewhere) #1".getBytes(StandardCharsets.US_ASCII));
        return fill(file, setup, PAYLOAD_BYTES);
    }

    /// An ELF64 kernel with one segment at 16 MiB, entry 0x1000010, and a bss; without notes.
    public static ByteBuffer elf64() {
        ByteBuffer file = elfHeader(2, 62, 1);
        file.putLong(24, 0x1000010).putLong(32, 64);
        program64(file, 0, 1, ELF_PAYLOAD, 0x1000000, SEGMENT_BYTES, SEGMENT_BYTES + 0x1000);
        return fill(file, ELF_PAYLOAD, SEGMENT_BYTES);
    }

    /// The same with a PVH entry 0x1000020, its note padded and preceded by a strange one.
    public static ByteBuffer pvh() {
        ByteBuffer file = elf64();
        file.putShort(56, (short) 2);
        program64(file, 1, 4, 0x200, 0, 52, 52);
        file.position(0x200);
        file.putInt(4).putInt(5).putInt(1).put("GNU\0".getBytes(StandardCharsets.US_ASCII)).put(new byte[8]);
        file.putInt(4).putInt(8).putInt(18).put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putLong(0x1000020);
        return file.position(0);
    }

    /// An ELF32 kernel with one segment at 16 MiB.
    public static ByteBuffer elf32() {
        ByteBuffer file = elfHeader(1, 3, 1);
        file.putInt(24, 0x1000010).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        file.putInt(52, 1).putInt(56, ELF_PAYLOAD).putInt(60, 0xC1000000).putInt(64, 0x1000000);
        file.putInt(68, SEGMENT_BYTES).putInt(72, SEGMENT_BYTES);
        return fill(file, ELF_PAYLOAD, SEGMENT_BYTES);
    }

    /// A multiboot kernel at 1 MiB with its header at 0x40 of the file, load address 0x100000 = file offset 0x20.
    public static ByteBuffer multiboot() {
        ByteBuffer file = ByteBuffer.allocate(0x2000).order(ByteOrder.LITTLE_ENDIAN);
        fill(file, 0, 0x2000);
        int flags = 1 << 16 | 3;
        file.putInt(0x40, 0x1BADB002).putInt(0x44, flags).putInt(0x48, -(0x1BADB002 + flags));
        file.putInt(0x4C, 0x100020).putInt(0x50, 0x100000).putInt(0x54, 0x101000).putInt(0x58, 0x102000);
        return file.putInt(0x5C, 0x100080);
    }

    public static void program64(
            ByteBuffer file, int index, int type, long offset, long gpa, long fileBytes, long memoryBytes) {
        int at = 64 + 56 * index;
        file.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, gpa).putLong(at + 24, gpa);
        file.putLong(at + 32, fileBytes).putLong(at + 40, memoryBytes).putLong(at + 48, 4);
    }

    private static ByteBuffer elfHeader(int elfClass, int machine, int headers) {
        ByteBuffer file = ByteBuffer.allocate(ELF_PAYLOAD + SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0, 0x464C457F).put(4, (byte) elfClass).put(5, (byte) 1).put(6, (byte) 1);
        file.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1);
        return file.putShort(54, (short) 56).putShort(56, (short) headers);
    }

    private static ByteBuffer fill(ByteBuffer file, int from, int length) {
        for (int i = 0; i < length; i++) {
            file.put(from + i, (byte) (i * 7 + 1));
        }
        return file;
    }
}
