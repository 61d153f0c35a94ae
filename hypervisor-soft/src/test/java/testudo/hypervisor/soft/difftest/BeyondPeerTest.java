package testudo.hypervisor.soft.difftest;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.testing.driver.GuestRam;

/// What the peer of the differential tests lacks or does wrong, against the specification.
class BeyondPeerTest {
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int SEPC = 0x141;
    private static final int SCAUSE = 0x142;
    private static final int STVEC = 0x105;
    private static final int LIMIT = 10_000;

    /// Runs code in S-mode until its `ecall`, or a trap; returns x10.
    private static long run(Consumer<Code> body) {
        Code code = new Code(Layout.CODE);
        code.la(A0, Layout.FINISH);
        code.csr(1, 0, STVEC, A0);
        body.accept(code);
        code.word(0x73);
        // A trap gives its cause.
        Code handler = new Code(Layout.FINISH);
        handler.csr(2, A0, SCAUSE, 0);
        handler.word(0x73);
        try (GuestRam ram = new GuestRam(Layout.BASE, Layout.SIZE_BYTES)) {
            for (Code part : new Code[]{code, handler}) {
                long start = part.address() - part.size();
                MemorySegment.copy(part.toByteArray(), 0, ram.bytes(), JAVA_BYTE, start - Layout.BASE, part.size());
            }
            boolean[] finished = new boolean[1];
            Hart hart = new Hart(0, new Mmu(new PhysicalMemory(ram.memory())), 16, () -> 0, caller -> {
                finished[0] = true;
                caller.demand(Hart.STOP);
            });
            hart.reset(Layout.CODE, 0, 0);
            for (int done = 0; !finished[0]; done += Interpreter.run(hart, LIMIT)) {
                assertEquals(0, done / LIMIT, "does not end");
            }
            return hart.x[A0];
        }
    }

    @Test
    void ctzwOfNothingIsThirtyTwo() {
        assertEquals(32, run(code -> {
            code.li64(A0, 1L << 40);
            code.word(Code.i(0x1B, 1, A0, A0, 0x601));
        }));
    }

    @Test
    void sepcIsEven() {
        assertEquals(0x1234_5678_9ABC_DEF0L, run(code -> {
            code.li64(A0, 0x1234_5678_9ABC_DEF1L);
            code.csr(1, 0, SEPC, A0);
            code.csr(2, A0, SEPC, 0);
        }));
    }

    @Test
    void misalignedConditionalStoresTrap() {
        assertEquals(GuestTrap.STORE_MISALIGNED, run(code -> {
            code.la(A1, Layout.DATA + 4);
            code.word(Code.r(0x2F, 0x03 << 2, 3, A0, A1, 0));
        }));
    }

    @Test
    void conditionalStoresNeedAReservation() {
        assertEquals(1, run(code -> {
            code.la(A1, Layout.DATA);
            code.word(Code.r(0x2F, 0x03 << 2, 3, A0, A1, 0));
        }));
    }

    @Test
    void blocksAreZeroed() {
        assertEquals(0, run(code -> {
            code.la(A1, Layout.DATA + 64);
            code.li64(A0, -1);
            code.sd(A0, A1, 56);
            code.addi(A1, A1, 20);
            code.word(0x0040_200F | A1 << 15);
            code.addi(A1, A1, -20);
            code.ld(A0, A1, 56);
        }));
    }

    /// `cbo.inval`, `cbo.clean`, `cbo.flush`; prefetches; `wrs.nto` and `wrs.sto` without a reservation.
    @ParameterizedTest
    @ValueSource(ints = {0x0000_200F | A1 << 15, 0x0010_200F | A1 << 15, 0x0020_200F | A1 << 15, 0x0000_6013 | A1 << 15, 0x0010_6013
            | A1 << 15,
            0x0030_6013 | A1 << 15, 0x00D0_0073, 0x01D0_0073})
    void hintsChangeNothing(int instruction) {
        assertEquals(-1, run(code -> {
            code.la(A1, Layout.DATA);
            code.li(A0, -1);
            code.sd(A0, A1, 0);
            code.word(instruction);
            code.ld(A0, A1, 0);
        }));
    }
}
