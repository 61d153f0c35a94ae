package testudo.hypervisor.soft.difftest;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// Runs programs on one hart of ours.
public final class SoftMachine {
    /// What executes: the interpreter, or a translator above it.
    @FunctionalInterface
    public interface Engine {
        /// Executes some instructions.
        ///
        /// @param hart   whose
        /// @param budget how many at most
        /// @return how many
        int run(Hart hart, int budget);
    }

    /// Longer than any program: what runs on is broken.
    private static final long LIMIT = 2_000_000_000L;
    private static final int BUDGET = 10_000;
    private static final long FLOATS_INITIAL = 1L << 13;
    private static final int SSTATUS = 0x100;

    private final Engine engine;

    /// @param engine what executes
    public SoftMachine(Engine engine) {
        this.engine = engine;
    }

    /// Runs a program and returns what it left from [Layout#STATE] on, [Program#dumpBytes()] bytes.
    public byte[] run(Program program) {
        Code finish = new Code(Layout.FINISH);
        finish.word(0x73);
        try (GuestRam ram = new GuestRam(Layout.BASE, Layout.SIZE_BYTES)) {
            MemorySegment.copy(program.memory(finish.toByteArray()), 0, ram.bytes(), JAVA_BYTE, 0, Layout.SIZE_BYTES);
            boolean[] finished = new boolean[1];
            Hart hart = new Hart(0, new Mmu(new PhysicalMemory(ram.memory())), 16, () -> 0, caller -> {
                finished[0] = true;
                caller.demand(Hart.STOP);
            });
            hart.reset(Layout.CODE, 0, 0);
            hart.registers().write(SSTATUS, FLOATS_INITIAL);
            long done = 0;
            while (!finished[0]) {
                if (hart.take(Hart.INTERRUPT) != 0) {
                    hart.enterInterrupt();
                }
                done += engine.run(hart, BUDGET);
                if (done > LIMIT) {
                    throw new AssertionError("seed %dL: does not end, pc %x".formatted(program.seed(), hart.pc));
                }
            }
            byte[] dump = new byte[program.dumpBytes()];
            MemorySegment.copy(ram.bytes(), JAVA_BYTE, Layout.STATE - Layout.BASE, dump, 0, dump.length);
            return dump;
        }
    }
}
