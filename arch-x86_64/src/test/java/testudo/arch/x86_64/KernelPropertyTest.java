package testudo.arch.x86_64;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import testudo.arch.x86_64.boot.BootImage;
import testudo.arch.x86_64.boot.KernelFile;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.arch.x86_64.layout.PciWindows;
import testudo.arch.x86_64.layout.PciWindows.Wish;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan.MemoryRange;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.memory.GuestRegion.Purpose;

/// Whatever the bytes: a plan whose parts are all in memory, or a configuration problem.
class KernelPropertyTest {
    private static final MemoryMap MAP = MemoryMap.of(64 * Machines.MIB, PciWindows.of(Wish.NONE, Wish.NONE), 0, 40);
    private static Path directory = Path.of("");

    @BeforeContainer
    static void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("kernels");
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
                Arbitraries.integers().between(0, 0x280), Arbitraries.of(0x1F1, 0x1F4, 0x206, 0x234, 0x258, 0x260));
        Arbitrary<Long> values = Arbitraries.oneOf(Arbitraries.longs(),
                Arbitraries.of(0L, -1L, 0x100000L, 0xFFFFFL, 0x7FFFFFFFL, 0xFFFFFFFFL, 1L << 32, Long.MIN_VALUE));
        return Combinators.combine(places, Arbitraries.of(1, 2, 4, 8), values).as(Edit::new).list().ofMaxSize(4);
    }

    @Property(tries = 600)
    void editedKernelsPlanOrAreRefused(@ForAll("edits") List<Edit> edits) {
        for (var kernel : List.of(KernelBytes.bzImage(), KernelBytes.elf64(), KernelBytes.pvh(), KernelBytes.elf32(),
                KernelBytes.multiboot())) {
            byte[] bytes = kernel.array();
            for (Edit edit : edits) {
                for (int i = 0; i < edit.lengthBytes(); i++) {
                    bytes[edit.at() + i] = (byte) (edit.value() >>> (8 * i));
                }
            }
            plan(bytes);
        }
    }

    @Property(tries = 400)
    void arbitraryBytesAreRefused(@ForAll("files") byte[] bytes) {
        plan(bytes);
    }

    @Provide
    Arbitrary<byte[]> files() {
        return Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(3000);
    }

    private static void plan(byte[] bytes) {
        try (KernelImage file = Machines.file(directory, "kernel", bytes)) {
            X86Architecture architecture = new X86Architecture();
            architecture.recognises(file);
            PlannedMachine machine = architecture.plan(Machines.request(file), Machines.profile());
            BootImage image = KernelFile.parse(file, MAP);
            image.segments().forEach(s -> {
                assertTrue(machine.plan().memory().stream().anyMatch(r -> holds(r, s.gpa(), s.memoryBytes())));
                assertTrue(s.fileOffset() >= 0 && s.fileBytes() <= file.sizeBytes() - s.fileOffset());
            });
        } catch (VmmException.Config e) {
            assertTrue(!e.problems().isEmpty());
        }
    }

    private static boolean holds(MemoryRange range, long gpa, long sizeBytes) {
        return range.purpose() == Purpose.RAM && gpa >= 0x100000 && gpa >= range.gpa()
                && gpa + sizeBytes <= range.gpa() + range.sizeBytes();
    }
}
