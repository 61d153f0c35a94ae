package testudo.hypervisor.soft.jit;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.difftest.SoftMachine.Engine;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// The programs of riscv-tests, which `hypervisor-soft/riscv-tests` compiles. Each is run by the interpreter, and twice in a row translated as early
/// as possible: the first time finds the regions, the second begins in them.
@Tag("long")
class RiscvTestsTest {
    private static final String PROGRAMS = System.getProperty("testudo.riscvTests", "");
    private static final long BASE = 0x8000_0000L;
    private static final long RAM_BYTES = 4 << 20;
    private static final long MOST_INSTRUCTIONS = 20_000_000;
    private static final int BUDGET = 10_000;
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int GP = 3;

    @TestFactory
    List<DynamicTest> interpreted() throws IOException {
        return programs().map(path -> DynamicTest.dynamicTest(name(path), () -> run(path, Interpreter::run, 1))).toList();
    }

    @TestFactory
    List<DynamicTest> translated() throws IOException {
        return programs().map(path -> DynamicTest.dynamicTest(name(path), () -> {
            try (Translator translator = new Translator(new Translator.Limits(1000, 1 << 22, 1, 100, false))) {
                HartTranslations[] translations = new HartTranslations[1];
                run(path, (hart, budget) -> {
                    if (translations[0] == null) {
                        translations[0] = translator.attach(hart);
                    }
                    return translations[0].execute(budget);
                }, 2);
                assertTrue(translator.translated() > 0, "nothing was translated");
            }
        })).toList();
    }

    private static Stream<Path> programs() throws IOException {
        assumeTrue(!PROGRAMS.isEmpty(), "needs programs of riscv-tests: hypervisor-soft/riscv-tests DIR");
        try (Stream<Path> files = Files.list(Path.of(PROGRAMS))) {
            return files.filter(file -> !name(file).contains(".")).sorted().toList().stream();
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static void run(Path path, Engine engine, int times) throws IOException {
        boolean[] ended = new boolean[1];
        try (GuestRam ram = new GuestRam(BASE, RAM_BYTES)) {
            Hart hart = new Hart(0, new Mmu(new PhysicalMemory(ram.memory())), 16, () -> 0, caller -> {
                ended[0] = true;
                caller.demand(Hart.STOP);
            });
            for (int time = 0; time < times; time++) {
                long entry = load(ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN), ram);
                hart.reset(entry, 0, 0);
                hart.fetchEpoch++;
                ended[0] = false;
                for (long done = 0; !ended[0]; done += engine.run(hart, BUDGET)) {
                    assertTrue(done < MOST_INSTRUCTIONS, () -> "does not end, pc %x, case %d".formatted(hart.pc, hart.x[GP]));
                    hart.take(Hart.INTERRUPT);
                    if ((hart.attention() & Hart.WAIT) != 0 && hart.registers().awake()) {
                        hart.take(Hart.WAIT);
                    }
                    hart.enterInterrupt();
                }
                hart.take(Hart.STOP);
                assertTrue(hart.x[A0] == 1, () -> "case %d failed; cause %d, sepc %x".formatted(hart.x[GP], hart.x[A1], hart.registers()
                        .values().getOrDefault("sepc", 0L)));
            }
        }
    }

    /// Puts the loadable segments into RAM.
    /// @return where the program begins
    private static long load(ByteBuffer elf, GuestRam ram) {
        ram.bytes().fill((byte) 0);
        int table = (int) elf.getLong(32);
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = table + i * elf.getShort(54);
            if (elf.getInt(header) == 1) {
                MemorySegment.copy(MemorySegment.ofBuffer(elf), elf.getLong(header + 8), ram.bytes(), elf.getLong(header + 24) - BASE,
                        elf.getLong(header + 32));
            }
        }
        return elf.getLong(24);
    }
}
