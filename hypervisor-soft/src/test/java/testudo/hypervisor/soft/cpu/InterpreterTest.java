package testudo.hypervisor.soft.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static testudo.hypervisor.soft.Rv.A0;
import static testudo.hypervisor.soft.Rv.A1;
import static testudo.hypervisor.soft.Rv.FENCE_I;
import static testudo.hypervisor.soft.Rv.ZERO;
import static testudo.hypervisor.soft.Rv.addi;
import static testudo.hypervisor.soft.Rv.auipc;
import static testudo.hypervisor.soft.Rv.csrrw;
import static testudo.hypervisor.soft.Rv.jal;
import static testudo.hypervisor.soft.Rv.sw;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// The lines of decoded code that the interpreter works from: what they may keep, and what they may not.
class InterpreterTest {
    private static final long RAM = 0x8000_0000L;
    private static final int LINES = 4;
    private static final int STVEC = 0x105;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final GuestRam ram = new GuestRam(RAM, 1 << 20);
    private final Hart hart = new Hart(0, new Mmu(new PhysicalMemory(ram.memory())), LINES, () -> 0, caller -> {});

    @AfterEach
    void close() {
        ram.close();
    }

    private void load(long offset, int... program) {
        for (int i = 0; i < program.length; i++) {
            ram.bytes().set(INT, offset + 4L * i, program[i]);
        }
    }

    private void run(long offset, int instructions) {
        hart.pc = RAM + offset;
        assertEquals(instructions, Interpreter.run(hart, instructions));
    }

    /// Lines that have the same slot take turns, a lap at a time.
    @Test
    void linesOfOneSlot() {
        hart.reset(RAM, 0, 0);
        int stride = LINES * DecodedCode.LINE_BYTES;
        for (int i = 0; i < 8; i++) {
            load((long) i * stride, addi(A0, A0, 1 << i), i < 7 ? jal(ZERO, stride - 4) : jal(ZERO, -7 * stride - 4));
        }
        run(0, 10 * 16);
        assertEquals(10 * 255, hart.x[A0]);
    }

    /// What something else writes is seen after `fence.i` at the latest, also in a line that was decoded.
    @Test
    void changesAreSeenAfterTheFence() {
        hart.reset(RAM, 0, 0);
        load(0, addi(A0, A0, 1), FENCE_I, jal(ZERO, -8));
        run(0, 3);
        load(0, addi(A0, A0, 100));
        run(0, 3); // stale or not
        long before = hart.x[A0];
        run(0, 3);
        assertEquals(before + 100, hart.x[A0]);
    }

    /// A store into the line that is being executed, then `fence.i` in the same run.
    @Test
    void ownStoresAreSeenAfterTheFence() {
        hart.reset(RAM, 0, 0);
        load(0, auipc(A1, 0), sw(A0, A1, 12), FENCE_I, addi(A0, ZERO, 1));
        hart.x[A0] = addi(A0, ZERO, 77);
        run(0, 4);
        assertEquals(77, hart.x[A0]);
    }

    /// An instruction of 32 bits that begins in the last 16 bits of a line; its halves are changed one after the other.
    @Test
    void instructionsAcrossLines() {
        hart.reset(RAM, 0, 0);
        int nop = 0x0001;
        long at = DecodedCode.LINE_BYTES - 2;
        ram.bytes().set(SHORT, at - 2, (short) nop);
        ram.bytes().set(INT, at, addi(A0, A0, 5));
        run(at - 2, 2);
        assertEquals(5, hart.x[A0]);
        ram.bytes().set(SHORT, at + 2, (short) (addi(A0, A0, 6) >>> 16));
        hart.fetchEpoch++;
        run(at - 2, 2);
        assertEquals(5 + 6, hart.x[A0]);
    }

    /// The trap's value is the instruction itself: 16 bits of a short one, 32 of a long one, wherever it lies.
    @Test
    void illegalInstructionsAreTheTrapsValue() {
        hart.reset(RAM, 0, 0);
        load(0, csrrw(ZERO, STVEC, A1));
        hart.x[A1] = RAM + 0x2000;
        run(0, 1);
        ram.bytes().set(SHORT, 0x100, (short) 0);
        run(0x100, 1);
        assertEquals(0, hart.registers().values().get("stval"));
        ram.bytes().set(SHORT, 0x100, (short) 0x8000);
        hart.fetchEpoch++;
        run(0x100, 1);
        assertEquals(0x8000, hart.registers().values().get("stval"), "c.* encoding that is reserved");
        for (long offset : new long[]{0x200, DecodedCode.LINE_BYTES - 2, 0x1000 - 2}) {
            ram.bytes().set(INT, offset, 0xFFFFFFFF);
            run(offset, 1);
            assertEquals(0xFFFFFFFFL, hart.registers().values().get("stval"));
            assertEquals(RAM + offset, hart.registers().values().get("sepc"));
            assertEquals(RAM + 0x2000, hart.pc);
        }
    }
}
