package testudo.arch.x86_64.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.arch.x86_64.KernelBytes;
import testudo.arch.x86_64.Machines;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.boot.BootImage.Segment;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.arch.x86_64.layout.PciWindows;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

class KernelFileTest {
    private static final MemoryMap MAP = MemoryMap.of(
            64 * Machines.MIB, PciWindows.of(PciWindows.Wish.NONE, PciWindows.Wish.NONE), 0, 40);

    @TempDir private Path directory;

    private BootImage parse(byte[] bytes) {
        try (KernelImage file = Machines.file(directory, "kernel", bytes)) {
            return KernelFile.parse(file, MAP);
        }
    }

    private Optional<String> recognise(byte[] bytes) {
        try (KernelImage file = Machines.file(directory, "kernel", bytes)) {
            return KernelFile.recognise(file);
        }
    }

    @Test
    void bzImageStartsAtItsLongModeEntry() {
        BootImage image = parse(KernelBytes.bzImage().array());
        assertEquals("Linux bzImage 6.12.0-test, 64-bit entry", image.description());
        assertEquals(Protocol.LINUX_64, image.protocol());
        assertEquals(0x200200, image.entry());
        assertEquals(List.of(new Segment(0x800, 0x200000, 0x8000, 0x8000)), image.segments());
        assertEquals(0x1400000, image.limits().kernelEnd(), "it runs at 16 MiB and needs 4 MiB");
        assertEquals(0x7FFFFFFF, image.limits().initrdMax());
        assertEquals(2047, image.limits().commandLineBytes());
    }

    @Test
    void bzImageWithoutLongModeEntryStartsFlat() {
        BootImage image = parse(KernelBytes.bzImage().putShort(0x236, (short) 0).array());
        assertEquals(Protocol.LINUX_32, image.protocol());
        assertEquals(0x200000, image.entry());
    }

    @Test
    void bzImageThatCantBeMovedGoesWhereItWants() {
        BootImage image = parse(KernelBytes.bzImage().put(0x234, (byte) 0).array());
        assertEquals(0x1000000, image.segments().getFirst().gpa());
    }

    @Test
    void zeroSetupSectorsMeanFour() {
        ByteBuffer bytes = KernelBytes.bzImage().put(0x1F1, (byte) 0).putInt(0x1F4, 0x7600 / 16);
        assertEquals(5 * 512, parse(bytes.array()).segments().getFirst().fileOffset());
    }

    @Test
    void setupHeaderIsCopiedUpToItsEnd() {
        byte[] header = parse(KernelBytes.bzImage().array()).setup().orElseThrow().bytes();
        assertEquals(0x202 + 0x6A - 0x1F1, header.length);
        byte[] longest = parse(KernelBytes.bzImage().put(0x201, (byte) 0xFF).array()).setup().orElseThrow().bytes();
        assertEquals(0x290 - 0x1F1, longest.length, "not into what follows in the zero page");
    }

    @Test
    void oldHeadersHaveDefaults() {
        BootImage image = parse(KernelBytes.bzImage().putShort(0x206, (short) 0x202).array());
        assertEquals(255, image.limits().commandLineBytes());
        assertEquals(0x37FFFFFF, image.limits().initrdMax());
        assertEquals(0x100000, image.segments().getFirst().gpa());
    }

    @Test
    void elfKernelsStartAtTheirEntry() {
        BootImage image = parse(KernelBytes.elf64().array());
        assertEquals(Protocol.LINUX_64, image.protocol());
        assertEquals(0x1000010, image.entry());
        assertEquals(List.of(new Segment(0x1000, 0x1000000, 0x3000, 0x4000)), image.segments());
        assertEquals(0x1004000, image.limits().kernelEnd());
        assertEquals(Protocol.LINUX_32, parse(KernelBytes.elf32().array()).protocol());
    }

    @Test
    void elfKernelWithTheNoteStartsAsPvh() {
        BootImage image = parse(KernelBytes.pvh().array());
        assertEquals("ELF64 kernel, PVH entry", image.description());
        assertEquals(Protocol.PVH, image.protocol());
        assertEquals(0x1000020, image.entry());
    }

    @Test
    void multibootGoesWhereItsHeaderSays() {
        BootImage image = parse(KernelBytes.multiboot().array());
        assertEquals(Protocol.MULTIBOOT, image.protocol());
        assertEquals(0x100080, image.entry());
        assertEquals(List.of(new Segment(0x20, 0x100000, 0x1000, 0x2000)), image.segments());
    }

    @Test
    void multibootWithoutAddressesIsNoMultiboot() {
        ByteBuffer bytes = KernelBytes.multiboot().putInt(0x44, 3).putInt(0x48, -(0x1BADB002 + 3));
        assertThrows(VmmException.Config.class, () -> parse(bytes.array()));
    }

    @Test
    void kernelsAreRecognised() {
        assertEquals(Optional.of("Linux bzImage 6.12.0-test"), recognise(KernelBytes.bzImage().array()));
        assertEquals(Optional.of("ELF kernel"), recognise(KernelBytes.pvh().array()));
        assertEquals(Optional.of("multiboot kernel"), recognise(KernelBytes.multiboot().array()));
        assertEquals(Optional.empty(), recognise(KernelBytes.elf64().putShort(18, (short) 183).array()));
        assertEquals(Optional.empty(), recognise(new byte[]{1}));
    }

    static Stream<Arguments> strangers() {
        byte[] arm64 = new byte[4096];
        System.arraycopy("ARMd".getBytes(StandardCharsets.US_ASCII), 0, arm64, 0x38, 4);
        byte[] disk = new byte[1024];
        disk[0x1FE] = 0x55;
        disk[0x1FF] = (byte) 0xAA;
        return Stream.of(
                Arguments.of("arm64 Image", arm64),
                Arguments.of("gzip", new byte[]{0x1F, (byte) 0x8B, 8, 0}),
                Arguments.of("zstd", new byte[]{0x28, (byte) 0xB5, 0x2F, (byte) 0xFD}),
                Arguments.of("xz", new byte[]{(byte) 0xFD, '7', 'z', 'X', 'Z', 0}),
                Arguments.of("text file", "#!/bin/sh\necho kernel\n".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("Android", "ANDROID!....".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("cpio", "070701000".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("boot sector", disk),
                Arguments.of("unknown format", new byte[]{0}),
                Arguments.of("arm64", KernelBytes.elf64().putShort(18, (short) 183).array()),
                Arguments.of("big-endian", KernelBytes.elf64().put(5, (byte) 2).array()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("strangers")
    void whatIsNoKernelIsCalledByItsName(String name, byte[] bytes) {
        VmmException.Config e = assertThrows(VmmException.Config.class, () -> parse(bytes));
        assertTrue(e.getMessage().contains(name), e.getMessage());
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                elf("more bytes in the file", b -> b.putLong(64 + 32, 0x5000)),
                elf("more bytes in the file", b -> b.putLong(64 + 32, -1)),
                elf("truncated", b -> b.putLong(64 + 8, 0x1001)),
                elf("truncated", b -> b.putLong(64 + 8, Long.MAX_VALUE)),
                elf("truncated", b -> b.putLong(32, Long.MIN_VALUE)),
                elf("truncated", b -> b.putLong(32, 0x3FF0)),
                elf("not in memory", b -> b.putLong(64 + 24, 0x7000)),
                elf("not in memory", b -> b.putLong(64 + 24, 0xA0000)),
                elf("not in memory", b -> b.putLong(64 + 24, 0xFEE00000L)),
                elf("not in memory", b -> b.putLong(64 + 24, 0x3FFF000)),
                elf("not in memory", b -> b.putLong(64 + 40, Long.MAX_VALUE)),
                elf("not in memory", b -> b.putLong(64 + 32, -2).putLong(64 + 40, -1).putLong(64 + 8, 0)),
                elf("truncated", b -> b.putLong(64 + 32, Long.MIN_VALUE).putLong(64 + 40, -1)),
                elf("program headers", b -> b.putShort(56, (short) 65535)),
                elf("program headers", b -> b.putShort(56, (short) 0)),
                elf("program headers", b -> b.putShort(54, (short) 55)),
                elf("entry point", b -> b.putLong(24, 0x1004000)),
                elf("entry point", b -> b.putLong(24, -1)),
                elf("nothing to load", b -> b.putInt(64, 6)),
                elf("type 1", b -> b.putShort(16, (short) 1)),
                pvh("overlap", b -> KernelBytes.program64(b, 1, 1, 0x1000, 0x1003000, 16, 16)),
                pvh("longer than its segment", b -> b.putInt(0x200, 0x7FFFFFFF)),
                pvh("longer than its segment", b -> b.putInt(0x204, -1)),
                pvh("notes", b -> b.putLong(64 + 56 + 32, 1L << 40)),
                pvh("32-bit address", b -> b.putInt(0x218 + 4, 2)),
                pvh("32-bit address", b -> b.putLong(0x218 + 16, 1L << 32)),
                pvh("PVH entry point", b -> b.putLong(0x218 + 16, 0x2000000)),
                bzImage("truncated", b -> b.put(0x1F1, (byte) 255)),
                bzImage("truncated", b -> b.putInt(0x1F4, 0x801)),
                bzImage("truncated", b -> b.putInt(0x1F4, -1)),
                bzImage("boot_flag", b -> b.putShort(0x1FE, (short) 0)),
                bzImage("boot protocol 1.00", b -> b.putShort(0x206, (short) 0x100)),
                bzImage("bzImage", b -> b.put(0x211, (byte) 0)),
                bzImage("init_size 0x10", b -> b.putInt(0x260, 0x10)),
                bzImage("init_size", b -> b.putInt(0x260, -1)),
                bzImage("not in memory", b -> b.put(0x234, (byte) 0).putLong(0x258, -1)),
                bzImage("init_size", b -> b.putLong(0x258, Long.MAX_VALUE)),
                multiboot("before the file", b -> b.putInt(0x50, 0x100021)),
                multiboot("before the file", b -> b.putInt(0x4C, 0x100041)),
                multiboot("truncated", b -> b.putInt(0x54, 0x102000)),
                multiboot("truncated", b -> b.putInt(0x54, 0xFFFFF)),
                multiboot("end of the data", b -> b.putInt(0x58, 0x100FFF)),
                multiboot("not in memory", b -> b.putInt(0x58, -1)),
                multiboot("entry_addr", b -> b.putInt(0x5C, 0x102000)));
    }

    private static Arguments elf(String problem, Consumer<ByteBuffer> damage) {
        return Arguments.of(problem, KernelBytes.elf64(), damage);
    }

    private static Arguments pvh(String problem, Consumer<ByteBuffer> damage) {
        return Arguments.of(problem, KernelBytes.pvh(), damage);
    }

    private static Arguments bzImage(String problem, Consumer<ByteBuffer> damage) {
        return Arguments.of(problem, KernelBytes.bzImage(), damage);
    }

    private static Arguments multiboot(String problem, Consumer<ByteBuffer> damage) {
        return Arguments.of(problem, KernelBytes.multiboot(), damage);
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("damages")
    void damageIsNamed(String problem, ByteBuffer bytes, Consumer<ByteBuffer> damage) {
        damage.accept(bytes);
        VmmException.Config e = assertThrows(VmmException.Config.class, () -> parse(bytes.array()));
        assertTrue(e.getMessage().contains(problem), e.getMessage());
    }

    @Test
    void truncationAnywhereIsRefused() {
        byte[] whole = KernelBytes.bzImage().array();
        for (int length : new int[]{0x202, 0x206, 0x290, 0x7FF, 0x800, 0x801, whole.length - 1}) {
            assertThrows(VmmException.Config.class, () -> parse(java.util.Arrays.copyOf(whole, length)), "" + length);
        }
    }
}
