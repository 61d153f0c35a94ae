package testudo.plugin.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.tukaani.xz.XZInputStream;

/// A kernel module, uncompressed: an ELF file whose section `.modinfo` says what it depends on.
/// @param content the ELF file
record ModuleFile(byte[] content) {
    private static final int MOST_BYTES = 32 << 20;
    private static final int DECODER_KIB = 65 << 10;

    private static final int MAGIC = 0x464C457F;
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_TABLE = 0x28;
    private static final int SECTION_ENTRY_BYTES = 0x3A;
    private static final int SECTION_COUNT = 0x3C;
    private static final int NAME_SECTION = 0x3E;
    private static final int ENTRY_BYTES = 64;
    private static final int ENTRY_OFFSET = 0x18;
    private static final int ENTRY_SIZE = 0x20;
    private static final String DEPENDS = "depends=";

    /// Reads a module as the package has it: as it is, or compressed by xz.
    /// @throws IOException when it can't be read, is compressed in another way or is absurdly large
    static ModuleFile read(Path file) throws IOException {
        String name = Objects.requireNonNull(file.getFileName(), "a file has a name").toString();
        try (InputStream stored = Files.newInputStream(file);
                InputStream plain = name.endsWith(".xz") ? new XZInputStream(stored, DECODER_KIB) : stored) {
            byte[] content = plain.readNBytes(MOST_BYTES + 1);
            if (content.length > MOST_BYTES) {
                throw new IOException("%s: more than %d bytes".formatted(file, MOST_BYTES));
            }
            return new ModuleFile(content);
        }
    }

    /// The modules that must be loaded first, by name.
    /// @return names as in the file, may be empty
    /// @throws IOException when this is no 64-bit little-endian ELF file, or it has no such entry
    List<String> depends() throws IOException {
        String information = new String(section(".modinfo"), StandardCharsets.UTF_8);
        for (String entry : information.split("\0", -1)) {
            if (entry.startsWith(DEPENDS)) {
                return Arrays.stream(entry.substring(DEPENDS.length()).split(",", -1)).filter(name -> !name.isEmpty()).toList();
            }
        }
        throw new IOException("the module says nothing about what it depends on");
    }

    private byte[] section(String wanted) throws IOException {
        ByteBuffer elf = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        if (content.length < HEADER_BYTES || elf.getInt(0) != MAGIC || content[4] != 2 || content[5] != 1) {
            throw new IOException("not a 64-bit little-endian ELF file");
        }
        long table = elf.getLong(SECTION_TABLE);
        int count = Short.toUnsignedInt(elf.getShort(SECTION_COUNT));
        int names = Short.toUnsignedInt(elf.getShort(NAME_SECTION));
        if (elf.getShort(SECTION_ENTRY_BYTES) != ENTRY_BYTES || names >= count || table < 0
                || table > content.length - (long) count * ENTRY_BYTES) {
            throw new IOException("the table of sections is broken");
        }
        byte[] strings = bytes(elf, (int) table + names * ENTRY_BYTES);
        byte[] name = (wanted + "\0").getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < count; i++) {
            int entry = (int) table + i * ENTRY_BYTES;
            int at = elf.getInt(entry);
            if (at >= 0 && at <= strings.length - name.length && Arrays.equals(strings, at, at + name.length, name, 0, name.length)) {
                return bytes(elf, entry);
            }
        }
        throw new IOException("there is no section " + wanted);
    }

    private byte[] bytes(ByteBuffer elf, int entry) throws IOException {
        long offset = elf.getLong(entry + ENTRY_OFFSET);
        long sizeBytes = elf.getLong(entry + ENTRY_SIZE);
        if (offset < 0 || sizeBytes < 0 || offset > content.length || sizeBytes > content.length - offset) {
            throw new IOException("a section is outside of the file");
        }
        return Arrays.copyOfRange(content, (int) offset, (int) (offset + sizeBytes));
    }
}
