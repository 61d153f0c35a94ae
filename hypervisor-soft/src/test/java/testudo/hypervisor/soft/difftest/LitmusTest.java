package testudo.hypervisor.soft.difftest;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// What harts on threads of their own see of each other's memory accesses: outcomes that RVWMO forbids must not happen.
///
/// Source: RISC-V Unprivileged ISA, "RVWMO Memory Consistency Model"; names of the shapes as in "Explanatory Material and Litmus Tests".
public class LitmusTest {
    private static final long BASE = 0x8000_0000L;
    private static final long CODE_BYTES = 0x1_0000;
    private static final long SHARED = BASE + 8 * CODE_BYTES;
    /// Shared variables are this far apart, so that they travel alone.
    private static final int LINE = 256;
    private static final long RESULTS = SHARED + 0x1_0000;
    private static final int SIZE_BYTES = 0x40_0000;
    private static final int BUDGET = 500;

    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int A2 = 12;
    private static final int A3 = 13;
    private static final int A4 = 14;
    private static final int A5 = 15;
    private static final int A6 = 16;
    private static final int A7 = 17;
    private static final int FENCE_RW_RW = 0x0330_000F;
    private static final int FENCE_R_R = 0x0220_000F;
    private static final int FENCE_W_W = 0x0110_000F;
    private static final int FENCE_RW_W = 0x0310_000F;
    private static final int FENCE_I = 0x0000_100F;
    private static final int ACQUIRE = 2;
    private static final int RELEASE = 1;

    private final GuestRam ram = new GuestRam(BASE, SIZE_BYTES);
    private final List<Code> programs = new ArrayList<>();

    /// What executes: a translator's test overrides it.
    ///
    /// @return an engine for one hart
    protected SoftMachine.Engine engine() {
        return Interpreter::run;
    }

    @AfterEach
    void free() {
        ram.close();
    }

    /// Adds a hart that does something a number of times: A7 counts down.
    private void hart(int rounds, Consumer<Code> before, Consumer<Code> round) {
        Code code = new Code(BASE + programs.size() * CODE_BYTES);
        code.la(A0, SHARED);
        code.la(A1, SHARED + LINE);
        code.la(A2, SHARED + 2 * LINE);
        code.li(A7, rounds);
        before.accept(code);
        long top = code.address();
        round.accept(code);
        code.addi(A7, A7, -1);
        code.word(Code.b(1, A7, 0, (int) (top - code.address())));
        code.word(0x73);
        programs.add(code);
    }

    /// Runs all harts to their end, each on a thread.
    private void run() {
        List<FutureTask<?>> tasks = new ArrayList<>();
        for (Code code : programs) {
            byte[] bytes = code.toByteArray();
            long start = BASE + tasks.size() * CODE_BYTES;
            MemorySegment.copy(bytes, 0, ram.bytes(), JAVA_BYTE, start - BASE, bytes.length);
            boolean[] finished = new boolean[1];
            Hart hart = new Hart(tasks.size(), new Mmu(new PhysicalMemory(ram.memory())), 16, () -> 0, caller -> {
                finished[0] = true;
                caller.demand(Hart.STOP);
            });
            hart.reset(start, 0, 0);
            SoftMachine.Engine engine = engine();
            tasks.add(new FutureTask<>(() -> {
                while (!finished[0]) {
                    engine.run(hart, BUDGET);
                    // Harts that wait for each other may have to share a processor.
                    Thread.yield();
                }
            }, null));
        }
        tasks.forEach(task -> Thread.ofPlatform().name("hart").start(task));
        for (FutureTask<?> task : tasks) {
            try {
                task.get();
            } catch (ExecutionException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private long shared(int variable) {
        return ram.bytes().get(ValueLayout.JAVA_LONG, SHARED + (long) variable * LINE - BASE);
    }

    private long result(int index) {
        return ram.bytes().get(ValueLayout.JAVA_LONG, RESULTS + 8L * index - BASE);
    }

    private static void amo(Code code, int funct5, int ordering, int rd, int address, int value) {
        code.word(Code.r(0x2F, funct5 << 2 | ordering, 3, rd, address, value));
    }

    /// Counts in A6 how often a value that was read later is older: then at the end of the program stores the count.
    private static void countIfLess(Code code, int later, int earlier) {
        code.word(Code.r(0x33, 0, 2, A5, later, earlier));
        code.word(Code.r(0x33, 0, 0, A6, A6, A5));
        code.la(A5, RESULTS);
        code.sd(A6, A5, 0);
    }

    /// MP: a writer counts in two variables, in this order; who sees the second one's value sees at least that in the first.
    private void messagePassing(Consumer<Code> between, Consumer<Code> afterRead) {
        int rounds = 50_000;
        hart(rounds, code -> {
        }, code -> {
            code.addi(A3, A3, 1);
            code.sd(A3, A0, 0);
            between.accept(code);
            code.sd(A3, A1, 0);
        });
        hart(rounds, code -> code.addi(A6, 0, 0), code -> {
            code.ld(A4, A1, 0);
            afterRead.accept(code);
            code.ld(A3, A0, 0);
            countIfLess(code, A3, A4);
        });
        run();
        assertEquals(rounds, shared(0));
        assertEquals(0, result(0));
    }

    @Test
    void messagePassingWithFences() {
        messagePassing(code -> code.word(FENCE_W_W), code -> code.word(FENCE_R_R));
    }

    @Test
    void messagePassingWithFullFences() {
        messagePassing(code -> code.word(FENCE_RW_RW), code -> code.word(FENCE_RW_RW));
    }

    /// The flag goes by atomics with acquire and release.
    @Test
    void messagePassingWithAtomics() {
        int rounds = 50_000;
        hart(rounds, code -> {
        }, code -> {
            code.addi(A3, A3, 1);
            code.sd(A3, A0, 0);
            amo(code, 0x01, RELEASE, 0, A1, A3);
        });
        hart(rounds, code -> code.addi(A6, 0, 0), code -> {
            amo(code, 0x08, ACQUIRE, A4, A1, 0);
            code.ld(A3, A0, 0);
            countIfLess(code, A3, A4);
        });
        run();
        assertEquals(0, result(0));
    }

    /// CoRR: two reads of one variable never go back.
    @Test
    void readsOfOneVariableStayInOrder() {
        int rounds = 50_000;
        hart(rounds, code -> {
        }, code -> {
            code.addi(A3, A3, 1);
            code.sd(A3, A0, 0);
        });
        hart(rounds, code -> code.addi(A6, 0, 0), code -> {
            code.ld(A4, A0, 0);
            code.ld(A3, A0, 0);
            countIfLess(code, A3, A4);
        });
        run();
        assertEquals(0, result(0));
    }

    /// SB: both write, then read the other's variable; with fences one of them sees the other's write.
    @Test
    void storeBufferingWithFences() {
        int rounds = 5_000;
        for (int hart = 0; hart < 2; hart++) {
            int mine = hart == 0 ? A0 : A1;
            int other = hart == 0 ? A1 : A0;
            long results = RESULTS + hart * 8L;
            hart(rounds, code -> {
                code.la(A6, results);
                code.addi(A5, 0, 0);
            }, code -> {
                // Meet the other one: both add one, and wait for twice as many as there were rounds.
                code.addi(A5, A5, 2);
                code.addi(A3, 0, 1);
                amo(code, 0x00, ACQUIRE | RELEASE, 0, A2, A3);
                code.ld(A4, A2, 0);
                code.word(Code.b(4, A4, A5, -4));
                code.sd(A5, mine, 0);
                code.word(FENCE_RW_RW);
                code.ld(A3, other, 0);
                code.sd(A3, A6, 0);
                code.addi(A6, A6, 16);
            });
        }
        run();
        for (int round = 0; round < rounds; round++) {
            long now = 2L * (round + 1);
            assertTrue(result(2 * round) >= now || result(2 * round + 1) >= now, "round " + round + ": neither write was seen");
        }
    }

    @Test
    void atomicAdditionsAreNotLost() {
        int rounds = 20_000;
        for (int hart = 0; hart < 4; hart++) {
            hart(rounds, code -> code.addi(A3, 0, 1), code -> amo(code, 0x00, 0, A4, A0, A3));
        }
        run();
        assertEquals(4L * rounds, shared(0));
    }

    @Test
    void conditionalStoresAreNotLost() {
        int rounds = 20_000;
        for (int hart = 0; hart < 4; hart++) {
            hart(rounds, code -> {
            }, code -> {
                amo(code, 0x02, 0, A3, A0, 0);
                code.addi(A3, A3, 1);
                amo(code, 0x03, 0, A4, A0, A3);
                code.word(Code.b(1, A4, 0, -12));
            });
        }
        run();
        assertEquals(4L * rounds, shared(0));
    }

    /// A lock made of an acquiring swap and a released store keeps an ordinary counter.
    @Test
    void lockedAdditionsAreNotLost() {
        int rounds = 5_000;
        for (int hart = 0; hart < 4; hart++) {
            hart(rounds, code -> code.addi(A3, 0, 1), code -> {
                amo(code, 0x01, ACQUIRE, A4, A1, A3);
                code.word(Code.b(1, A4, 0, -4));
                code.ld(A5, A0, 0);
                code.addi(A5, A5, 1);
                code.sd(A5, A0, 0);
                code.word(FENCE_RW_W);
                code.sd(0, A1, 0);
            });
        }
        run();
        assertEquals(4L * rounds, shared(0));
    }

    /// The negative control: additions that are not atomic are lost, so the harts do run at the same time.
    @Test
    void ordinaryAdditionsAreLost() {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "needs two processors");
        int rounds = 20_000;
        int attempts = 50;
        for (int hart = 0; hart < 2; hart++) {
            hart(rounds, code -> {
            }, code -> {
                code.ld(A3, A0, 0);
                code.addi(A3, A3, 1);
                code.sd(A3, A0, 0);
            });
        }
        boolean lost = false;
        for (int i = 0; i < attempts && !lost; i++) {
            ram.bytes().set(ValueLayout.JAVA_LONG, SHARED - BASE, 0);
            run();
            lost = shared(0) < 2L * rounds;
        }
        assertTrue(lost);
    }

    /// One hart writes an instruction and says so; the other one executes it after a `fence.i`, and says what it did.
    @Test
    void instructionsOfAnotherHartAreSeen() {
        int rounds = 1_000;
        long victim = BASE + CODE_BYTES * 4;
        int addImmediate = Code.i(0x13, 0, A3, 0, 0);
        hart(rounds, code -> {
            code.la(A6, victim);
            code.li(A4, addImmediate);
            code.li(A5, 1 << 20);
            code.li(A2, 0x67 | 1 << 15);
            code.word(Code.s(0x23, 2, A6, A2, 4));
        }, code -> {
            code.word(Code.r(0x33, 0, 0, A4, A4, A5));
            code.word(Code.s(0x23, 2, A6, A4, 0));
            code.word(FENCE_W_W);
            code.sd(A7, A0, 0);
            // Until it was done.
            code.ld(A3, A1, 0);
            code.word(Code.b(1, A3, A7, -4));
        });
        hart(rounds, code -> {
            code.la(A6, victim);
            code.addi(A2, 0, 0);
        }, code -> {
            code.ld(A4, A0, 0);
            code.word(Code.b(1, A4, A7, -4));
            code.word(FENCE_R_R);
            code.word(FENCE_I);
            code.word(Code.i(0x67, 0, 1, A6, 0));
            code.word(Code.r(0x33, 0, 0, A2, A2, A3));
            code.la(A5, RESULTS);
            code.sd(A2, A5, 0);
            code.word(FENCE_W_W);
            code.sd(A7, A1, 0);
        });
        run();
        assertEquals(rounds * (rounds + 1L) / 2, result(0));
    }
}
