package testudo.hypervisor.soft.jit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static testudo.hypervisor.soft.Rv.A0;
import static testudo.hypervisor.soft.Rv.A1;
import static testudo.hypervisor.soft.Rv.A2;
import static testudo.hypervisor.soft.Rv.A3;
import static testudo.hypervisor.soft.Rv.A4;
import static testudo.hypervisor.soft.Rv.EBREAK;
import static testudo.hypervisor.soft.Rv.ECALL;
import static testudo.hypervisor.soft.Rv.FENCE_I;
import static testudo.hypervisor.soft.Rv.RA;
import static testudo.hypervisor.soft.Rv.SRET;
import static testudo.hypervisor.soft.Rv.T0;
import static testudo.hypervisor.soft.Rv.T1;
import static testudo.hypervisor.soft.Rv.T2;
import static testudo.hypervisor.soft.Rv.ZERO;
import static testudo.hypervisor.soft.Rv.add;
import static testudo.hypervisor.soft.Rv.addi;
import static testudo.hypervisor.soft.Rv.auipc;
import static testudo.hypervisor.soft.Rv.bne;
import static testudo.hypervisor.soft.Rv.csrrc;
import static testudo.hypervisor.soft.Rv.csrrs;
import static testudo.hypervisor.soft.Rv.csrrw;
import static testudo.hypervisor.soft.Rv.i;
import static testudo.hypervisor.soft.Rv.jal;
import static testudo.hypervisor.soft.Rv.jalr;
import static testudo.hypervisor.soft.Rv.ld;
import static testudo.hypervisor.soft.Rv.li;
import static testudo.hypervisor.soft.Rv.lui;
import static testudo.hypervisor.soft.Rv.lw;
import static testudo.hypervisor.soft.Rv.r;
import static testudo.hypervisor.soft.Rv.sw;
import static testudo.hypervisor.soft.Rv.xor;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.mmu.GuestTrap;

/// Faults, changing code, bounds and attention: where translated code is left other than at its end.
class TranslatedCodeTest {
    private static final int SIE = 0x104;
    private static final int SSTATUS = 0x100;
    private static final int STVEC = 0x105;
    private static final int SEPC = 0x141;
    private static final int SCAUSE = 0x142;
    private static final int STVAL = 0x143;
    private static final int STIMECMP = 0x14D;
    private static final int SATP = 0x180;

    /// A loop whose load faults in its last round: what was computed before the load in that block is there, what is behind it is not.
    @Test
    void aFaultInTheMiddleOfABlockIsPrecise() {
        int[] program = {
                auipc(T0, 0), addi(T0, T0, 0x200), csrrw(ZERO, STVEC, T0),
                auipc(A1, 1), li(A2, 50),
                addi(A0, A0, 1), addi(A2, A2, -1), bne(A2, ZERO, 8), li(A1, 1),
                addi(A0, A0, 3), ld(A3, A1, 0), addi(A0, A0, 5), jal(ZERO, -28)};
        int[] handler = {csrrs(T0, SEPC, ZERO), csrrs(T1, STVAL, ZERO), ECALL};
        long[][] outcome = new long[2][];
        for (int engine = 0; engine < 2; engine++) {
            try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
                machine.load(0, program);
                machine.load(0x200, handler);
                assertTrue(engine == 0 ? machine.interpret(10_000) : machine.run(10_000), "the handler was not reached");
                assertEquals(engine, Long.signum(machine.translator.translated()));
                outcome[engine] = Arrays.copyOf(machine.hart.x, 33);
                outcome[engine][32] = machine.hart.retired;
            }
        }
        assertEquals(50 + 49 * 8 + 3, outcome[1][A0]);
        assertEquals(TranslatedHart.RAM + 4 * 10, outcome[1][T0]);
        assertEquals(Arrays.toString(outcome[0]), Arrays.toString(outcome[1]));
    }

    /// Neither a trap nor `sret` is a jump of the code, yet where they lead is hot.
    @Test
    void aTrapHandlerAndWhatItReturnsToAreTranslated() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0,
                    auipc(T0, 0), addi(T0, T0, 0x200), csrrw(ZERO, STVEC, T0), li(A2, 50),
                    EBREAK, addi(A1, A1, 3), addi(A2, A2, -1), bne(A2, ZERO, -12), ECALL);
            machine.load(0x200, addi(A0, A0, 1), csrrs(T1, SEPC, ZERO), addi(T1, T1, 4), csrrw(ZERO, SEPC, T1), SRET);
            assertTrue(machine.run(10_000), "the program does not end");
            assertEquals(50, machine.hart.x[A0]);
            assertEquals(150, machine.hart.x[A1]);
            assertTrue(machine.translator.table.contains(0x200), "the handler is interpreted");
            assertTrue(machine.translator.table.contains(20), "what is behind the trap is interpreted");
        }
    }

    /// Each trap comes from another place, none of them hot.
    @Test
    void aTrapHandlerOfColdCodeIsTranslated() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            int[] program = new int[54];
            Arrays.fill(program, EBREAK);
            program[0] = auipc(T0, 0);
            program[1] = addi(T0, T0, 0x200);
            program[2] = csrrw(ZERO, STVEC, T0);
            program[53] = ECALL;
            machine.load(0, program);
            machine.load(0x200, addi(A0, A0, 1), csrrs(T1, SEPC, ZERO), addi(T1, T1, 4), csrrw(ZERO, SEPC, T1), SRET);
            assertTrue(machine.run(10_000), "the program does not end");
            assertEquals(50, machine.hart.x[A0]);
            assertTrue(machine.translator.table.contains(0x200), "the handler is interpreted");
        }
    }

    /// A loop that clears cache blocks, until one is not in RAM.
    @Test
    void cacheBlocksAreClearedAndFaultPrecisely() {
        int[] program = {
                auipc(T0, 0), addi(T0, T0, 0x200), csrrw(ZERO, STVEC, T0),
                auipc(A1, 1), li(A2, 50),
                addi(A1, A1, 64), addi(A2, A2, -1), bne(A2, ZERO, 8), li(A1, 1),
                addi(A0, A0, 3), i(Operation.MISC_MEM, Operation.CACHE_BLOCK, 0, A1, 4), addi(A0, A0, 5), jal(ZERO, -28)};
        int[] handler = {csrrs(T0, SEPC, ZERO), csrrs(T1, STVAL, ZERO), ECALL};
        assertEquals(Operation.Kind.PLAIN, Operation.kind(program[10]));
        String[] outcome = new String[2];
        for (int engine = 0; engine < 2; engine++) {
            try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
                machine.ram.bytes().fill((byte) -1);
                machine.load(0, program);
                machine.load(0x200, handler);
                assertTrue(engine == 0 ? machine.interpret(10_000) : machine.run(10_000), "the handler was not reached");
                outcome[engine] = Arrays.toString(machine.hart.x) + machine.hart.retired;
                assertEquals(49 * 8 + 3, machine.hart.x[A0]);
                assertEquals(TranslatedHart.RAM + 4 * 10, machine.hart.x[T0]);
                assertEquals(0, machine.hart.x[T1]);
                // The first block begins behind `auipc`, 12 bytes into the page: blocks are aligned.
                byte[] expected = new byte[51 * 64];
                Arrays.fill(expected, 0, 64, (byte) -1);
                Arrays.fill(expected, 50 * 64, 51 * 64, (byte) -1);
                assertArrayEquals(expected, machine.ram.bytes().asSlice(0x1000, expected.length).toArray(JAVA_BYTE));
            }
        }
        assertEquals(outcome[0], outcome[1]);
    }

    /// Each round writes the instruction that it executes then, another one every time.
    @Test
    void aSelfModifyingStormEndsInInterpretation() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0,
                    auipc(A1, 0), li(A2, 2000), lui(T2, 0x200), lw(T0, A1, 0x100),
                    sw(T0, A1, 24), FENCE_I, addi(A0, A0, 0), xor(T0, T0, T2), addi(A2, A2, -1), bne(A2, ZERO, -20),
                    ECALL);
            machine.load(0x100, addi(A0, A0, 1));
            assertTrue(machine.run(1_000_000), "the program does not end");
            assertEquals(1000 * 1 + 1000 * 3, machine.hart.x[A0]);
            long translated = machine.translator.translated();
            assertTrue(translated > 0 && translated < 50, translated + " translations of code that changes each time");
        }
    }

    @Test
    void anotherHartsFenceInvalidates() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0, li(A2, 100), addi(A0, A0, 1), addi(A2, A2, -1), bne(A2, ZERO, -8), ECALL);
            assertTrue(machine.run(10_000));
            assertEquals(100, machine.hart.x[A0]);
            // A device writes code, and the firmware passes the other hart's fence on.
            machine.load(4, addi(A0, A0, 7));
            machine.hart.fetchEpoch++;
            machine.hart.pc = TranslatedHart.RAM;
            assertTrue(machine.run(10_000));
            assertEquals(100 + 700, machine.hart.x[A0]);
        }
    }

    /// The page that a loop executes on is mapped elsewhere, and a fence for that page alone says so.
    @Test
    void aFenceForThePageLeadsToTheNewCode() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            long virtual = 0x4000_0000L;
            long tables = 0x10_0000;
            long physical = TranslatedHart.RAM + tables >>> 12;
            machine.ram.bytes().set(JAVA_LONG, tables + 8 * (virtual >>> 30), physical + 1 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x1000, physical + 2 << 10 | 1);
            for (int version = 0; version < 2; version++) {
                int offset = 0x20_0000 + version * 0x1000;
                machine.load(offset, li(A2, 100), addi(A0, A0, 1 + 6 * version), addi(A2, A2, -1), bne(A2, ZERO, -8), ECALL);
                machine.ram.bytes().set(JAVA_LONG, tables + 0x2000, TranslatedHart.RAM + offset >>> 12 << 10 | 0xCB);
                if (version == 0) {
                    machine.hart.registers().write(SATP, 8L << 60 | physical);
                } else {
                    machine.hart.mmu.flush(virtual);
                }
                machine.hart.pc = virtual;
                assertTrue(machine.run(10_000));
                assertTrue(machine.translator.translated() > version, "version " + version + " was not translated");
            }
            assertEquals(100 + 700, machine.hart.x[A0]);
        }
    }

    /// A loop on two pages, of which only the second is mapped elsewhere: where the region is entered nothing has changed.
    @Test
    void aFenceForTheRegionsSecondPageLeadsToTheNewCode() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            long virtual = 0x4000_0000L;
            long tables = 0x10_0000;
            long physical = TranslatedHart.RAM + tables >>> 12;
            machine.ram.bytes().set(JAVA_LONG, tables + 8 * (virtual >>> 30), physical + 1 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x1000, physical + 2 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x2000, TranslatedHart.RAM + 0x20_0000 >>> 12 << 10 | 0xCB);
            machine.load(0x20_0FF8, li(A2, 100), addi(A1, A1, 1));
            for (int version = 0; version < 2; version++) {
                int second = 0x21_0000 + version * 0x1000;
                machine.load(second, addi(A0, A0, 1 + 6 * version), addi(A2, A2, -1), bne(A2, ZERO, -12), ECALL);
                machine.ram.bytes().set(JAVA_LONG, tables + 0x2008, TranslatedHart.RAM + second >>> 12 << 10 | 0xCB);
                if (version == 0) {
                    machine.hart.registers().write(SATP, 8L << 60 | physical);
                } else {
                    assertTrue(machine.translator.table.contains(0x20_0FFC), "the loop was not translated");
                    machine.hart.mmu.flush(virtual + 0x1000);
                }
                machine.hart.pc = virtual + 0xFF8;
                assertTrue(machine.run(10_000));
            }
            assertEquals(200, machine.hart.x[A1]);
            assertEquals(100 + 700, machine.hart.x[A0]);
        }
    }

    /// Budgets end anywhere in code without jumps; where they do, no region begins that repeats others.
    @Test
    void straightCodeIsTranslatedOnce() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            int[] program = new int[2002];
            Arrays.fill(program, addi(A0, A0, 1));
            program[2000] = addi(A1, A1, 1);
            program[2001] = jal(ZERO, -4 * 2001);
            machine.load(0, program);
            for (int budget = 700; budget < 1500; budget++) {
                machine.translations.execute(budget);
            }
            long regions = machine.translator.table.size();
            assertTrue(regions >= program.length / RegionScanner.MAX_INSTRUCTIONS, regions + " regions");
            assertTrue(regions <= 2 * program.length / RegionScanner.MAX_INSTRUCTIONS, regions + " regions");
        }
    }

    /// A region that executes many instructions is given another translation, in the place of its first one; one that executes fewer is not.
    @ParameterizedTest
    @ValueSource(longs = {1000, 1_000_000})
    void whatIsHotIsTranslatedAnew(long hot) {
        try (TranslatedHart machine = new TranslatedHart(new Translator.Limits(100, 1 << 20, 3, hot, false))) {
            machine.load(0, addi(A0, A0, 1), addi(A1, A1, -1), bne(A1, ZERO, -8), ECALL);
            for (int round = 0; round < 3; round++) {
                machine.hart.pc = TranslatedHart.RAM;
                machine.hart.x[A1] = 2000;
                assertTrue(machine.run(100_000), "the program does not end");
            }
            assertEquals(3 * 2000, machine.hart.x[A0]);
            Installed region = machine.translator.table.find(0).region();
            assertEquals(hot == 1000 ? "Retranslated" : "Translated", region.code.getClass().getSimpleName().replaceAll("/.*", ""));
            assertEquals(hot == 1000 ? 2 : 1, machine.translator.translated());
        }
    }

    /// A hot region whose code was changed, and whose change was not yet fenced, keeps its translation until the fence; then it is gone.
    @Test
    void changedCodeIsNotTranslatedAnew() {
        try (TranslatedHart machine = new TranslatedHart(new Translator.Limits(100, 1 << 20, 3, 3000, false))) {
            machine.load(0, addi(A0, A0, 1), addi(A1, A1, -1), bne(A1, ZERO, -8), ECALL);
            machine.hart.x[A1] = 500;
            assertTrue(machine.run(100_000), "the program does not end");
            machine.load(0, addi(A0, A0, 2));
            machine.hart.pc = TranslatedHart.RAM;
            machine.hart.x[A1] = 2000;
            assertTrue(machine.run(100_000), "the program does not end");
            assertEquals(500 + 2000, machine.hart.x[A0], "stale code is what an instruction cache would have");
            assertEquals(1, machine.translator.translated());
            machine.hart.fetchEpoch++;
            machine.hart.pc = TranslatedHart.RAM;
            machine.hart.x[A1] = 10;
            assertTrue(machine.run(100_000), "the program does not end");
            assertEquals(500 + 2000 + 20, machine.hart.x[A0]);
        }
    }

    @Test
    void translationsAreBounded() {
        Translator.Limits limits = new Translator.Limits(16, 1 << 20, 1, 100, false);
        try (TranslatedHart machine = new TranslatedHart(limits)) {
            // Functions of their own pages, each called some times by a loop that walks through them.
            int functions = 300;
            for (int i = 0; i < functions; i++) {
                machine.load(0x10000 + i * 0x1000L, addi(A0, A0, 1), addi(A1, A1, -1), bne(A1, ZERO, -8), jalr(ZERO, RA, 0));
            }
            machine.load(0,
                    auipc(A3, 0x10), li(A2, functions), lui(A4, 1),
                    li(A1, 10), jalr(RA, A3, 0), add(A3, A3, A4), addi(A2, A2, -1), bne(A2, ZERO, -16),
                    ECALL);
            for (int round = 0; round < 3; round++) {
                machine.hart.pc = TranslatedHart.RAM;
                assertTrue(machine.run(1_000_000), "the program does not end");
                assertTrue(machine.translator.table.size() <= 16, machine.translator.table.size() + " regions");
            }
            assertEquals(3L * functions * 10, machine.hart.x[A0]);
            assertTrue(machine.translator.translated() > 100, "evicted code was not translated again");
        }
    }

    /// What is written to these registers may allow an interrupt: the hart has to look.
    @ParameterizedTest
    @ValueSource(ints = {SIE, STIMECMP})
    void attentionIsNoticedWithinABoundedNumberOfInstructions(int register) {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0, csrrw(ZERO, register, ZERO), addi(A0, A0, 1), addi(A1, A1, 1), jal(ZERO, -12));
            machine.run(1000);
            assertTrue(machine.translator.translated() > 0, "nothing was translated");
            for (int i = 0; i < 10; i++) {
                machine.hart.take(Hart.INTERRUPT);
                int executed = machine.translations.execute(1_000_000);
                assertTrue(executed <= RegionScanner.MAX_UNCHECKED, executed + " instructions");
            }
        }
    }

    @Test
    void noBudgetIsExceeded() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0, addi(A0, A0, 1), addi(A1, A1, 1), jal(ZERO, -8));
            machine.run(1000);
            for (int budget = 1; budget < 500; budget++) {
                long before = machine.hart.retired;
                int executed = machine.translations.execute(budget);
                assertTrue(executed > 0 && executed <= budget, executed + " instructions of " + budget);
                assertEquals(executed, machine.hart.retired - before);
            }
        }
    }

    /// A hot loop on a page of the supervisor's, and then U-mode jumps into it.
    @Test
    void userModeDoesNotEnterWhatOnlyTheSupervisorMayExecute() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            long virtual = 0x4000_0000L;
            long tables = 0x10_0000;
            long physical = TranslatedHart.RAM + tables >>> 12;
            int offset = 0x20_0000;
            machine.ram.bytes().set(JAVA_LONG, tables + 8 * (virtual >>> 30), physical + 1 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x1000, physical + 2 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x2000, TranslatedHart.RAM + offset >>> 12 << 10 | 0xCB);
            machine.load(offset, li(A2, 100), addi(A0, A0, 1), addi(A2, A2, -1), bne(A2, ZERO, -8), SRET);
            machine.load(offset + 0x200, ECALL);
            machine.hart.registers().write(SATP, 8L << 60 | physical);
            machine.hart.registers().write(STVEC, virtual + 0x200);
            machine.hart.registers().write(SEPC, virtual + 4);
            machine.hart.pc = virtual;
            assertTrue(machine.run(10_000), "no trap");
            assertTrue(machine.translator.table.contains(offset + 4), "the loop was not translated");
            assertEquals(100, machine.hart.x[A0]);
            assertEquals(virtual + 4, machine.hart.registers().read(SEPC, false));
            assertEquals(GuestTrap.FETCH_PAGE, machine.hart.registers().read(SCAUSE, false));
        }
    }

    /// The region is entered while the supervisor may read a user's page, and withdraws that itself.
    @Test
    void aUsersPageIsOutOfReachOnceSumIsOff() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            long virtual = 0x4000_0000L;
            long tables = 0x10_0000;
            long physical = TranslatedHart.RAM + tables >>> 12;
            machine.ram.bytes().set(JAVA_LONG, tables + 8 * (virtual >>> 30), physical + 1 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x1000, physical + 2 << 10 | 1);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x2000, TranslatedHart.RAM + 0x20_0000 >>> 12 << 10 | 0xCB);
            machine.ram.bytes().set(JAVA_LONG, tables + 0x2008, TranslatedHart.RAM + 0x21_0000 >>> 12 << 10 | 0xD7);
            machine.load(0x20_0000,
                    li(A2, 50), lui(T2, 0x40), csrrs(ZERO, SSTATUS, T2),
                    ld(A3, A1, 0), csrrc(ZERO, SSTATUS, T2), addi(A2, A2, -1), bne(A2, ZERO, 8), ld(A4, A1, 0),
                    csrrs(ZERO, SSTATUS, T2), addi(A0, A0, 1), jal(ZERO, -28));
            machine.load(0x20_0200, csrrs(T0, SEPC, ZERO), csrrs(T1, STVAL, ZERO), ECALL);
            machine.hart.registers().write(SATP, 8L << 60 | physical);
            machine.hart.registers().write(STVEC, virtual + 0x200);
            machine.hart.x[A1] = virtual + 0x1000;
            machine.hart.pc = virtual;
            assertTrue(machine.run(10_000), "no trap");
            assertTrue(machine.translator.translated() > 0, "nothing was translated");
            assertEquals(virtual + 28, machine.hart.x[T0]);
            assertEquals(virtual + 0x1000, machine.hart.x[T1]);
            assertEquals(49, machine.hart.x[A0]);
        }
    }

    /// Calls and returns ignore the lowest bit of their target.
    @Test
    void jumpsLeadToEvenAddresses() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0,
                    auipc(A3, 0), addi(A3, A3, 0x100), li(A2, 50), jalr(RA, A3, 1), addi(A2, A2, -1), bne(A2, ZERO, -8), ECALL);
            machine.load(0x100, addi(A0, A0, 1), jalr(ZERO, RA, 1));
            assertTrue(machine.run(10_000), "the program does not end");
            assertTrue(machine.translator.translated() > 0, "nothing was translated");
            assertEquals(50, machine.hart.x[A0]);
        }
    }

    @Test
    void floatingPointIsIllegalOnceItIsOff() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0,
                    auipc(T0, 0), addi(T0, T0, 0x200), csrrw(ZERO, STVEC, T0), lui(T2, 6), csrrs(ZERO, SSTATUS, T2), li(A2, 50),
                    r(Operation.OP_FP, 0, 1, 1, 1, 1), addi(A0, A0, 1), addi(A2, A2, -1), bne(A2, ZERO, -12),
                    csrrc(ZERO, SSTATUS, T2), jal(ZERO, -20));
            machine.load(0x200, csrrs(T0, SCAUSE, ZERO), csrrs(T1, SEPC, ZERO), ECALL);
            assertTrue(machine.run(10_000), "no trap");
            assertTrue(machine.translator.translated() > 0, "nothing was translated");
            assertEquals(GuestTrap.ILLEGAL, machine.hart.x[T0]);
            assertEquals(TranslatedHart.RAM + 24, machine.hart.x[T1]);
            assertEquals(50, machine.hart.x[A0]);
        }
    }

    @Test
    void userModeCodeIsNotEnteredBySupervisorTranslations() {
        try (TranslatedHart machine = new TranslatedHart(TranslatedHart.eager())) {
            machine.load(0, csrrw(ZERO, SEPC, A1), li(A2, 20), addi(A2, A2, -1), bne(A2, ZERO, -4), SRET);
            machine.load(0x200, ECALL);
            machine.hart.x[A1] = TranslatedHart.RAM + 4;
            machine.hart.registers().write(STVEC, TranslatedHart.RAM + 0x200);
            // In U-mode the loop is left at SRET, which is illegal there.
            assertTrue(machine.run(10_000), "no trap");
            assertEquals(TranslatedHart.RAM + 16, machine.hart.registers().read(SEPC, false));
            assertEquals(SRET, (int) machine.hart.registers().read(STVAL, false));
        }
    }
}
