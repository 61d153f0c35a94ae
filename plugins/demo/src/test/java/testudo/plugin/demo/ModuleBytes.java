package testudo.plugin.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/// Makes kernel modules with nothing in them but what they depend on.
final class ModuleBytes {
    private ModuleBytes() {}

    /// An ELF file with the sections none, `.modinfo` and `.shstrtab`.
    static byte[] depending(String names) {
        byte[] information = ("license=GPL\0depends=" + names + "\0vermagic=6.12\0").getBytes(StandardCharsets.UTF_8);
        byte[] strings = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        int table = 64 + information.length + strings.length;
        ByteBuffer elf = ByteBuffer.allocate(table + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[]{0x7F, 'E', 'L', 'F', 2, 1});
        elf.putLong(0x28, table).putShort(0x3A, (short) 64).putShort(0x3C, (short) 3).putShort(0x3E, (short) 2);
        elf.put(64, information).put(64 + information.length, strings);
        section(elf, table + 64, 1, 64, information.length);
        section(elf, table + 128, 10, 64 + information.length, strings.length);
        return elf.array();
    }

    private static void section(ByteBuffer elf, int at, int name, long offset, long size) {
        elf.putInt(at, name).putLong(at + 0x18, offset).putLong(at + 0x20, size);
    }

    static byte[] compressed(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (XZOutputStream out = new XZOutputStream(bytes, new LZMA2Options())) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }
}
