package testudo.testing.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/// The smallest kernel that a machine accepts: an ELF file of one segment. Nobody executes it: the guest is a [GuestProgram].
final class KernelFile {
    static final long GPA = 0x20_0000;
    private static final int HEADER_BYTES = 64;
    private static final int SEGMENT_AT = 0x100;
    private static final int SEGMENT_BYTES = 64;

    private KernelFile() {}

    static Path write(Path directory) {
        ByteBuffer file = ByteBuffer.allocate(SEGMENT_AT + SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0, 0x464C457F).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1); // ELF64, little-endian
        file.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1); // executable, x86-64
        file.putLong(24, GPA).putLong(32, HEADER_BYTES).putShort(54, (short) 56).putShort(56, (short) 1);
        file.putInt(HEADER_BYTES, 1).putLong(HEADER_BYTES + 8, SEGMENT_AT);
        file.putLong(HEADER_BYTES + 16, GPA).putLong(HEADER_BYTES + 24, GPA);
        file.putLong(HEADER_BYTES + 32, SEGMENT_BYTES).putLong(HEADER_BYTES + 40, SEGMENT_BYTES);
        for (int i = 0; i < SEGMENT_BYTES; i++) {
            file.put(SEGMENT_AT + i, (byte) (i + 1));
        }
        try {
            return Files.write(directory.resolve("kernel"), file.array());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
