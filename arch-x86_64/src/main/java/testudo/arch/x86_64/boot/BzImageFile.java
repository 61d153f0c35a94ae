package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import testudo.arch.x86_64.boot.BootImage.Limits;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.boot.BootImage.Segment;
import testudo.arch.x86_64.boot.BootImage.SetupHeader;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// A Linux bzImage (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header").
final class BzImageFile {
    /// Where the setup header starts, in the file and in the zero page.
    static final int HEADER = 0x1F1;
    /// Where the zero page goes on with something else.
    static final int HEADER_LIMIT = 0x290;
    private static final int PROBE_BYTES = 0x290;
    private static final int SECTOR_BYTES = 512;
    private static final int MAGIC = 0x53726448; // HdrS
    private static final int LOADED_HIGH = 1;
    private static final int XLF_KERNEL_64 = 1;
    private static final int XLF_CAN_BE_LOADED_ABOVE_4G = 2;
    private static final int ENTRY_64 = 0x200;
    private static final int VERSION_TEXT_BYTES = 64;

    private final KernelImage file;
    private final ByteBuffer header;

    BzImageFile(KernelImage file) {
        this.file = file;
        this.header = header(file);
    }

    static boolean isBzImage(KernelImage file) {
        return header(file).getInt(0x202) == MAGIC;
    }

    /// The first word of the kernel's version text.
    static String version(KernelImage file) {
        int pointer = Short.toUnsignedInt(header(file).getShort(0x20E));
        String text = new String(file.bytes(pointer + 0x200L, VERSION_TEXT_BYTES), StandardCharsets.ISO_8859_1);
        int end = 0;
        while (end < text.length() && text.charAt(end) > ' ' && text.charAt(end) < 0x7F) {
            end++;
        }
        return pointer == 0 || end == 0 ? "of unknown version" : text.substring(0, end);
    }

    private static ByteBuffer header(KernelImage file) {
        return ByteBuffer.wrap(file.bytes(0, PROBE_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    BootImage parse(MemoryMap map) {
        List<String> problems = new ArrayList<>();
        long setupBytes = (setupSectors() + 1L) * SECTOR_BYTES;
        long payloadBytes = file.sizeBytes() - setupBytes;
        checkFile(setupBytes, problems);
        boolean relocatable = protocol() >= 0x205 && header.get(0x234) != 0;
        long load = relocatable ? Addresses.KERNEL : preferredAddress();
        long runs = relocatable ? Math.max(load, preferredAddress()) : load;
        long initBytes = initBytes(Math.max(0, payloadBytes), problems);
        if (problems.isEmpty() && !map.holdsKernel(load, payloadBytes)) {
            problems.add("kernel %s: %d bytes at 0x%x are not in memory; give the machine more (--mem)"
                    .formatted(file.path(), payloadBytes, load));
        }
        if (problems.isEmpty() && !map.holdsKernel(runs, initBytes)) {
            problems.add("kernel %s wants 0x%x bytes at 0x%x (init_size), memory ends at 0x%x; give it more (--mem)"
                    .formatted(file.path(), initBytes, runs, map.lowRamEnd()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        boolean is64Bit = protocol() >= 0x20C && (header.getShort(0x236) & XLF_KERNEL_64) != 0;
        long end = Math.max(load + payloadBytes, runs + initBytes);
        return new BootImage(
                "Linux bzImage %s, %s entry".formatted(version(file), is64Bit ? "64-bit" : "32-bit"),
                is64Bit ? Protocol.LINUX_64 : Protocol.LINUX_32,
                is64Bit ? load + ENTRY_64 : load,
                List.of(new Segment(setupBytes, load, payloadBytes, payloadBytes)),
                new Limits(end, initrdMax(), commandLineBytes()),
                Optional.of(new SetupHeader(setupHeader())));
    }

    private void checkFile(long setupBytes, List<String> problems) {
        if (file.sizeBytes() < PROBE_BYTES || file.sizeBytes() <= setupBytes) {
            problems.add("kernel %s is truncated: %d bytes, its setup alone takes %d (setup_sects %d)"
                    .formatted(file.path(), file.sizeBytes(), setupBytes, Byte.toUnsignedInt(header.get(HEADER))));
            return;
        }
        if (header.getShort(0x1FE) != (short) 0xAA55) {
            problems.add("kernel %s: boot_flag is 0x%04x, not 0xaa55; the file is damaged"
                    .formatted(file.path(), header.getShort(0x1FE)));
        }
        if (protocol() < 0x202 || (header.get(0x211) & LOADED_HIGH) == 0) {
            problems.add("kernel %s: boot protocol %d.%02d without a high-loaded kernel is not supported; use a bzImage"
                    .formatted(file.path(), protocol() >> 8, protocol() & 0xFF));
        }
        long systemBytes = Integer.toUnsignedLong(header.getInt(0x1F4)) * 16;
        if (systemBytes == 0 || setupBytes + systemBytes > file.sizeBytes()) {
            problems.add("kernel %s is truncated: %d bytes, its header says %d"
                    .formatted(file.path(), file.sizeBytes(), setupBytes + systemBytes));
        }
    }

    private int setupSectors() {
        int sectors = Byte.toUnsignedInt(header.get(HEADER));
        return sectors == 0 ? 4 : sectors;
    }

    private int protocol() {
        return Short.toUnsignedInt(header.getShort(0x206));
    }

    private long preferredAddress() {
        return protocol() >= 0x20A ? header.getLong(0x258) : Addresses.HIGH_MEMORY;
    }

    private long initBytes(long payloadBytes, List<String> problems) {
        if (protocol() < 0x20A) {
            return payloadBytes;
        }
        long initBytes = Integer.toUnsignedLong(header.getInt(0x260));
        if (initBytes < Integer.toUnsignedLong(header.getInt(0x1F4)) * 16 && problems.isEmpty()) {
            problems.add("kernel %s: init_size 0x%x is less than the kernel itself, 0x%x; the file is damaged"
                    .formatted(file.path(), initBytes, payloadBytes));
        }
        return initBytes;
    }

    private long initrdMax() {
        if (protocol() >= 0x20C && (header.getShort(0x236) & XLF_CAN_BE_LOADED_ABOVE_4G) != 0) {
            return Long.MAX_VALUE - 1;
        }
        long max = protocol() >= 0x203 ? Integer.toUnsignedLong(header.getInt(0x22C)) : 0;
        return max == 0 ? BootImage.INITRD_MAX : max;
    }

    private int commandLineBytes() {
        long bytes = protocol() >= 0x206 ? Integer.toUnsignedLong(header.getInt(0x238)) : 0;
        return bytes == 0 ? 255 : (int) Math.min(bytes, BootImage.COMMAND_LINE_BYTES);
    }

    private byte[] setupHeader() {
        int end = Math.min(0x202 + Byte.toUnsignedInt(header.get(0x201)), HEADER_LIMIT);
        return Arrays.copyOfRange(header.array(), HEADER, end);
    }
}
