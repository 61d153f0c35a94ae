package testudo.hypervisor.soft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static testudo.hypervisor.soft.Rv.*;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.hypervisor.soft.SoftVm.Timing;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.VmExitHandler.SystemEvent;

/// Whole machines: exits, kicks, waiting, several harts, guests that misbehave.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SoftVmTest {
    private static final int SIE = 0x104;
    private static final int SSTATUS = 0x100;
    private static final int STVEC = 0x105;
    private static final int SIP = 0x144;
    private static final int STIMECMP = 0x14D;
    private static final int STOPEI = 0x15C;
    private static final int SCAUSE = 0x142;
    private static final int SATP = 0x180;
    private static final int TIME = 0xC01;
    private static final int CONSOLE_UPPER = 0x10000;
    private static final int PERFORMANCE_MONITOR = 0x504D55;
    private static final int COUNTER = 0x10_0000;
    private static final int COUNTER_UPPER = 0x80100;

    private static int[] join(int[]... parts) {
        return java.util.Arrays.stream(parts).flatMapToInt(java.util.Arrays::stream).toArray();
    }

    /// `ecall` with an extension number of up to 32 bits.
    private static int[] call(int extension, int function) {
        int upper = extension + 0x800 >>> 12;
        return new int[]{lui(A7, upper), addiw(A7, A7, extension << 20 >> 20), li(A6, function), ECALL};
    }

    private static int[] shutDown() {
        return join(new int[]{li(A0, 0), li(A1, 0)}, call(0x53525354, 0));
    }

    @Test
    void devicesGetWritesOfTheirSize() {
        try (Guest guest = new Guest(lui(T0, CONSOLE_UPPER), li(T1, 'A'), sb(T1, T0, 0), lw(A0, T0, 0), sd(ZERO, T0, 8), EBREAK)) {
            assertEquals(StopReason.HANDLER, guest.run());
            assertEquals("A", guest.console.toString());
            assertEquals(0xFFFFFFFFB0A09080L, guest.register(0, "x10"));
            assertEquals(Guest.RAM + 20, guest.register(0, "pc"), "the instruction that ended the run is complete");
        }
    }

    @Test
    void firmwarePowersOff() {
        try (Guest guest = new Guest(shutDown())) {
            assertEquals(StopReason.SYSTEM_EVENT, guest.run());
            assertEquals(List.of(SystemEvent.SHUTDOWN), guest.events);
        }
    }

    @Test
    void unknownCallsGoToTheMachineAndAreNotSupported() {
        try (Guest guest = new Guest(join(new int[]{li(A0, 7), li(A1, 8)}, call(0x4442434E, 2), new int[]{addi(S0, A0, 0)}, shutDown()))) {
            guest.run();
            assertArrayEquals(new long[]{0x4442434E, 2, 7, 8, 0, 0, 0}, guest.calls.getFirst());
            assertEquals(-2, guest.register(0, "x8"));
        }
    }

    /// SBI 2.0, "Performance Monitoring Unit Extension", for a processor without counters.
    @ParameterizedTest
    @CsvSource({
            "0, 0, 0, 0", "1, 0, 0, -3", "2, 0, 1, -3", "2, 0, 0, -2", "3, 0, 1, -3", "3, 0, 0, 0", "4, 63, 1, -3", "4, 0, 0, 0",
            "5, 0, 0, -3",
            "6, 0, 0, -3", "7, -1, -1, -2", "8, 0, 0, -2", "-1, 0, 0, -2"
    })
    void thereAreNoCounters(int function, int first, int second, int error) {
        try (Guest guest = new Guest(join(
                new int[]{li(A0, first), li(A1, second)}, call(PERFORMANCE_MONITOR, function), new int[]{addi(S0, A0, 0), addi(S1, A1, 0)},
                shutDown()))) {
            guest.run();
            assertEquals(error, guest.register(0, "x8"));
            assertEquals(0, guest.register(0, "x9"));
            assertTrue(guest.calls.isEmpty());
        }
    }

    @ParameterizedTest
    @CsvSource({"0x10, 1", "0x54494D45, 1", "0x735049, 1", "0x52464E43, 1", "0x48534D, 1", "0x53525354, 1", "0x53555350, 1", "0x504D55, 1",
            "0x4442434E, 0", "1, 0"})
    void extensionsAreFoundByProbing(int extension, int present) {
        int upper = extension + 0x800 >>> 12;
        try (Guest guest = new Guest(join(
                new int[]{lui(A0, upper), addiw(A0, A0, extension << 20 >> 20)}, call(0x10, 3), new int[]{addi(S0, A0, 0), addi(S1, A1, 0)},
                shutDown()))) {
            guest.run();
            assertEquals(0, guest.register(0, "x8"));
            assertEquals(present, guest.register(0, "x9"));
        }
    }

    @ParameterizedTest
    @EnumSource(Timing.class)
    void kickEndsAWaitWithInterruptsOff(Timing timing) throws InterruptedException {
        try (Guest guest = new Guest(1, timing)) {
            guest.load(0, WFI, jal(ZERO, -4));
            Thread kicker = Thread.ofPlatform().start(() -> guest.vcpus.getFirst().kick());
            assertEquals(StopReason.KICKED, guest.run());
            kicker.join();
            guest.vcpus.getFirst().kick();
            assertEquals(StopReason.KICKED, guest.run(), "a kick before the run is not lost");
        }
    }

    @Test
    void kickEndsAnEndlessLoop() throws InterruptedException {
        try (Guest guest = new Guest(jal(ZERO, 0))) {
            Thread kicker = Thread.ofPlatform().start(() -> guest.vcpus.getFirst().kick());
            assertEquals(StopReason.KICKED, guest.run());
            kicker.join();
        }
    }

    @ParameterizedTest
    @EnumSource(Timing.class)
    void timerWakesAndInterrupts(Timing timing) {
        try (Guest guest = new Guest(1, timing)) {
            guest.load(0, join(
                    new int[]{
                            auipc(T0, 0), addi(T0, T0, 0x100), csrrw(ZERO, STVEC, T0), li(T1, 32), csrrs(ZERO, SIE, T1),
                            csrrs(T2, TIME, ZERO), addi(T2, T2, 100), csrrw(ZERO, STIMECMP, T2), li(T1, 2), csrrs(ZERO, SSTATUS, T1), WFI,
                            jal(ZERO, -4)
                    }));
            guest.load(0x100, join(new int[]{csrrs(S0, SCAUSE, ZERO), csrrs(S1, TIME, ZERO)}, shutDown()));
            assertEquals(StopReason.SYSTEM_EVENT, guest.run());
            assertEquals(Long.MIN_VALUE | 5, guest.register(0, "x8"));
            assertTrue(guest.register(0, "x9") >= guest.register(0, "x7"));
        }
    }

    @Test
    void externalInterruptIsClaimedOnce() {
        try (Guest guest = new Guest(1, Timing.WALL_CLOCK)) {
            guest.load(0, auipc(T0, 0), addi(T0, T0, 0x100), csrrw(ZERO, STVEC, T0), li(T1, 0x200), csrrs(ZERO, SIE, T1), li(T1, 2),
                    csrrs(ZERO, SSTATUS, T1), jal(ZERO, 0));
            guest.load(0x100, join(
                    new int[]{csrrs(S0, SCAUSE, ZERO), csrrs(A2, SIP, ZERO), csrrw(S1, STOPEI, ZERO), csrrs(A3, SIP, ZERO), csrrs(A4,
                            STOPEI, ZERO)},
                    shutDown()));
            guest.pending = 33;
            assertEquals(StopReason.SYSTEM_EVENT, guest.run());
            assertEquals(Long.MIN_VALUE | 9, guest.register(0, "x8"));
            assertEquals(33L << 16 | 33, guest.register(0, "x9"));
            assertEquals(List.of(33), guest.accepted);
            assertEquals(1 << 9, guest.register(0, "x12"));
            assertEquals(0, guest.register(0, "x13"));
            assertEquals(0, guest.register(0, "x14"));
        }
    }

    /// All harts add to one counter, by AMO and by LR/SC, and each sends a software interrupt to hart 0 at the end.
    @ParameterizedTest
    @EnumSource(Timing.class)
    void hartsShareMemory(Timing timing) throws InterruptedException {
        int harts = 4;
        int rounds = 1000;
        try (Guest guest = new Guest(harts, timing)) {
            guest.load(0, join(
                    new int[]{li(S1, 1)},
                    startLoop(harts),
                    new int[]{jal(ZERO, 0x400 - 4 * (1 + startLoop(harts).length))}));
            guest.load(0x400, lui(T0, COUNTER_UPPER), slli(T0, T0, 32), srli(T0, T0, 32), li(T1, rounds), li(T2, 1),
                    amo(0, 3, ZERO, T0, T2), amo(2, 3, A2, T0, ZERO), addi(A2, A2, 1), amo(3, 3, A3, T0, A2), bne(A3, ZERO, -12),
                    addi(T1, T1, -1), bne(T1, ZERO, -24), addi(T0, T0, 64), amo(0, 2, ZERO, T0, T2), li(A4, harts),
                    lw(A5, T0, 0), bne(A5, A4, -4), lui(T1, CONSOLE_UPPER), sd(ZERO, T1, 8));
            guest.runAll();
            assertEquals(2L * harts * rounds, guest.vm.memory().readLong(Guest.RAM + COUNTER));
        }
    }

    /// Starts harts 1 to n-1 at offset 0x400; s1 is 1.
    private static int[] startLoop(int harts) {
        int[] body = call(0x48534D, 0);
        return join(
                new int[]{addi(A0, S1, 0), auipc(A1, 0), addi(A1, A1, 0x400 - 8), li(A2, 0)},
                body,
                new int[]{addi(S1, S1, 1), li(T0, harts), bne(S1, T0, -4 * (body.length + 6))});
    }

    /// Hart 0 ends the machine; hart 1 adds for ever.
    @Test
    void deterministicRunsAreEqual() throws InterruptedException {
        long[] counts = new long[2];
        for (int run = 0; run < counts.length; run++) {
            try (Guest guest = new Guest(2, Timing.DETERMINISTIC)) {
                guest.load(0, join(new int[]{li(S1, 1)}, startLoop(2), new int[]{jal(ZERO, 0x400 - 4 * (1 + startLoop(2).length))}));
                guest.load(0x400, lui(T0, COUNTER_UPPER), slli(T0, T0, 32), srli(T0, T0, 32), li(T1, 2000), slli(T1, T1, 5), li(T2, 1),
                        amo(0, 3, ZERO, T0, T2), ld(A2, T0, 0), add(S0, S0, A2), addi(T1, T1, -1), bne(T1, ZERO, -16),
                        bne(A0, ZERO, -20), lui(T1, CONSOLE_UPPER), sd(ZERO, T1, 8));
                guest.runAll();
                counts[run] = 31 * guest.register(0, "x8") + guest.register(0, "instret"); // x8 tells when the other one added
            }
        }
        assertEquals(counts[0], counts[1]);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 8L << 60 | 0x10000, 9L << 60 | (1L << 44) - 1, 10L << 60 | 0x80000, 15L << 60})
    void pageTablesAnywhereAreHarmless(long satp) {
        try (Guest guest = new Guest(li(T1, 0), csrrw(ZERO, SATP, A1), NOP, jal(ZERO, 0))) {
            guest.vcpus.getFirst().setBootState(new testudo.spi.riscv.RiscvBootState(Guest.RAM, 0, satp, true));
            Thread kicker = Thread.ofPlatform().start(() -> guest.vcpus.getFirst().kick());
            assertEquals(StopReason.KICKED, guest.run());
        }
    }

    /// Random code in random privilege with random calls: whatever happens, it stays in the machine.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomCodeStaysInside(long seed) throws InterruptedException {
        Random random = new Random(seed);
        try (Guest guest = new Guest(1, Timing.DETERMINISTIC)) {
            byte[] bytes = new byte[1 << 16];
            random.nextBytes(bytes);
            guest.vm.memory().write(Guest.RAM, bytes);
            for (int i = 0; i < bytes.length / 64; i++) {
                guest.load(64L * i, lui(random.nextInt(32), 0x80000), csrrw(random.nextInt(32), random.nextInt(4096), random.nextInt(32)));
                guest.load(64L * i + 32, random.nextInt(4) == 0 ? ECALL : random.nextInt(2) == 0 ? SRET : sfenceVma(1, 0));
            }
            for (int run = 0; run < 200; run++) {
                guest.vcpus.getFirst().setBootState(
                        new testudo.spi.riscv.RiscvBootState(Guest.RAM + (random.nextInt(bytes.length) & -2), random.nextLong(), random
                                .nextLong(), true));
                Thread kicker = Thread.ofPlatform().start(() -> guest.vcpus.getFirst().kick());
                StopReason reason = guest.run();
                kicker.join();
                assertTrue(List.of(StopReason.KICKED, StopReason.HANDLER, StopReason.SYSTEM_EVENT).contains(reason), reason.toString());
            }
        }
    }

    @Test
    void selfModifyingCodeIsSeen() {
        int patched = addi(S0, S0, 1);
        try (Guest guest = new Guest(join(
                new int[]{
                        li(T1, 100), auipc(T0, 0), lw(T2, T0, 36), sw(T2, T0, 16), FENCE_I, li(S0, 0), addi(T1, T1, -1), bne(T1, ZERO, -24),
                        jal(ZERO, 12), NOP, patched
                },
                shutDown()))) {
            assertEquals(StopReason.SYSTEM_EVENT, guest.run());
            assertEquals(100, guest.register(0, "x8"), "the store replaced the instruction that clears the register");
        }
    }

    @Test
    void wildCallsAreRefused() {
        for (int extension : List.of(0x48534D, 0x735049, 0x52464E43, 0x53525354, 0x53555350, 0x504D55, 0x10)) {
            for (int function : List.of(0, 2, 3, 7, -1)) {
                try (Guest guest = new Guest(join(
                        new int[]{li(A0, -1), slli(A0, A0, 3), li(A1, -2), li(A2, -1)}, call(extension, function), new int[]{sd(ZERO, S0,
                                8)}))) {
                    guest.vcpus.getFirst().kick();
                    assertEquals(StopReason.KICKED, guest.run());
                    guest.load(4L * 8, lui(S0, CONSOLE_UPPER), sd(ZERO, S0, 8));
                    assertEquals(StopReason.HANDLER, guest.run(), () -> "extension %x function %d".formatted(extension, function));
                    assertTrue(guest.register(0, "x10") <= 0);
                    assertTrue(guest.events.isEmpty());
                }
            }
        }
    }
}
