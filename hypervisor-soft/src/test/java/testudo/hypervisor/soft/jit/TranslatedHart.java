package testudo.hypervisor.soft.jit;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// A hart with RAM at [#RAM] for tests; `ecall` in S-mode ends what [#run] runs.
final class TranslatedHart implements AutoCloseable {
    static final long RAM = 0x8000_0000L;
    static final int RAM_BYTES = 8 << 20;

    final GuestRam ram = new GuestRam(RAM, RAM_BYTES);
    final Translator translator;
    final Hart hart;
    final HartTranslations translations;
    private boolean called;

    /// @param limits for the translator
    TranslatedHart(Translator.Limits limits) {
        translator = new Translator(limits);
        hart = new Hart(0, new Mmu(new PhysicalMemory(ram.memory())), 16, () -> 0, caller -> {
            called = true;
            caller.demand(Hart.STOP);
        });
        hart.reset(RAM, 0, 0);
        translations = translator.attach(hart);
    }

    static Translator.Limits eager() {
        return new Translator.Limits(100, 1 << 20, 3, 100, false);
    }

    void load(long offset, int... program) {
        for (int i = 0; i < program.length; i++) {
            ram.bytes().set(JAVA_INT, offset + 4L * i, program[i]);
        }
    }

    /// Runs from `pc` on until an `ecall`, or for so many instructions.
    ///
    /// @return whether the program has called
    boolean run(long instructions) {
        return run(instructions, translations::execute);
    }

    boolean interpret(long instructions) {
        return run(instructions, budget -> Interpreter.run(hart, budget));
    }

    private interface Engine {
        int run(int budget);
    }

    private boolean run(long instructions, Engine engine) {
        called = false;
        hart.take(-1);
        long left = instructions;
        while (!called && left > 0) {
            hart.take(Hart.INTERRUPT);
            left -= engine.run((int) Math.min(left, 1000));
        }
        return called;
    }

    @Override
    public void close() {
        translator.close();
        ram.close();
    }
}
