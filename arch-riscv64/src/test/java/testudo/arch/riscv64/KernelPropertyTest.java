package testudo.arch.riscv64;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import testudo.arch.riscv64.boot.BootImage;
import testudo.arch.riscv64.boot.KernelFile;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// Whatever the bytes: a machine whose parts are all in memory, or a configuration problem.
class KernelPropertyTest {
    private static final MemoryMap MAP = new MemoryMap(64 * TestMachines.MIB, 2, 56);
    private static final GuestMemory MEMORY = new GuestMemory();
    private static Path directory = Path.of("");

    @BeforeContainer
    static void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("kernels");
        MEMORY.add(new GuestRegion(MemoryMap.RAM, MAP.memoryBytes(), GuestRegion.Purpose.RAM, GuestRegion.HostAccess.ALL,
                Arena.ofAuto().allocate(MAP.memoryBytes(), 4096)));
    }

    @AfterContainer
    static void removeDirectory() throws IOException {
        Files.deleteIfExists(directory.resolve("kernel"));
        Files.delete(directory);
    }

    /// A change of up to eight bytes.
    record Edit(int at, int lengthBytes, long value) {}

    @Provide
    Arbitrary<List<Edit>> edits() {
        Arbitrary<Integer> places = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 190), Arbitraries.of(8, 12, 16, 24, 32, 0x3C, 54, 56, 72, 80, 88, 96, 104));
        Arbitrary<Long> values = Arbitraries.oneOf(
                Arbitraries.longs(),
                Arbitraries.of(0L, -1L, 0x20_0000L, 0x8020_0000L, 0x7FFF_FFFFL, 0xFFFF_FFFFL, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE));
        return Combinators.combine(places, Arbitraries.of(1, 2, 4, 8), values).as(Edit::new).list().ofMaxSize(4);
    }

    @Property(tries = 300)
    void editedKernelsBootOrAreRefused(@ForAll("edits") List<Edit> edits) {
        byte[] packed = Kernels.gzip(Kernels.image().array());
        for (ByteBuffer kernel : List.of(
                Kernels.image(), Kernels.elf(0xFFFF_FFFF_8000_0000L, 0), Kernels.elf(0x8040_0000L, 0x8040_0000L),
                ByteBuffer.wrap(java.util.Arrays.copyOf(packed, 300)), Kernels.efiApplication("gzip", packed))) {
            byte[] bytes = kernel.array();
            for (Edit edit : edits) {
                for (int i = 0; i < edit.lengthBytes() && edit.at() + i < bytes.length; i++) {
                    bytes[edit.at() + i] = (byte) (edit.value() >>> (8 * i));
                }
            }
            plan(bytes);
        }
    }

    @Property(tries = 300)
    void arbitraryBytesAreRefused(@ForAll("files") byte[] bytes) {
        plan(bytes);
    }

    @Provide
    Arbitrary<byte[]> files() {
        return Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(3000);
    }

    private static void plan(byte[] bytes) {
        try (KernelImage file = TestMachines.file(directory, "kernel", bytes)) {
            RiscvArchitecture architecture = new RiscvArchitecture();
            architecture.recognises(file);
            PlannedMachine machine = architecture.plan(TestMachines.request(file, 2), TestMachines.profile());
            BootImage image = KernelFile.parse(file, MAP);
            image.segments().forEach(segment -> {
                assertTrue(MAP.holds(segment.gpa(), segment.memoryBytes()));
                assertTrue(segment.fileBytes() <= segment.memoryBytes());
            });
            machine.load(MEMORY, TestMachines.layout("panic=-1"));
        } catch (VmmException.Config e) {
            assertFalse(e.problems().isEmpty());
        }
    }
}
