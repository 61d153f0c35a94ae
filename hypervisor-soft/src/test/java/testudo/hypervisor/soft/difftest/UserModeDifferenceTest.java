package testudo.hypervisor.soft.difftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.difftest.ProgramGenerator.Family;

/// The interpreter and QEMU's user mode run the same random programs; registers, memory, every result and every flag must be the same.
class UserModeDifferenceTest {
    private static final int PIECES = 3000;
    private static final int PROGRAMS = 15;
    private static final int LONG_PROGRAMS = 3000;

    @TempDir Path directory;
    private final SoftMachine interpreter = new SoftMachine(Interpreter::run);
    private QemuUser qemu;

    @BeforeEach
    void findPeer() {
        assumeTrue(QemuUser.isInstalled(), "needs qemu-riscv64 (Debian package qemu-user)");
        qemu = new QemuUser(directory);
    }

    private void compare(Set<Family> families, long seed, int rounds) {
        Program program = new ProgramGenerator(families).generate(seed, PIECES, rounds);
        assertEquals("", program.difference(qemu.run(program), interpreter.run(program)));
    }

    @ParameterizedTest
    @EnumSource
    void oneFamily(Family family) {
        for (int i = 0; i < PROGRAMS; i++) {
            compare(EnumSet.of(family), Seeds.next(), 1);
        }
    }

    @Test
    void allFamiliesInRounds() {
        for (int i = 0; i < PROGRAMS; i++) {
            compare(EnumSet.allOf(Family.class), Seeds.next(), 3);
        }
    }

    @Test
    @Tag("long")
    void allFamiliesForHours() {
        for (int i = 0; i < LONG_PROGRAMS; i++) {
            compare(EnumSet.allOf(Family.class), Seeds.next(), 1);
            compare(EnumSet.of(Family.FLOAT), Seeds.next(), 1);
        }
    }

    /// The negative control: one instruction of the program is another one on our side.
    @Test
    void aWrongResultIsSeen() {
        Program program = new ProgramGenerator(EnumSet.of(Family.INTEGER)).generate(1, 200, 1);
        byte[] expected = qemu.run(program);
        int piece = 0;
        while (expected[entry(program, piece)] == 0) {
            piece++;
        }
        byte[] code = program.code().clone();
        logZero(code, (int) (program.pieces().get(piece).address() - Layout.CODE));
        Program mutated = new Program(1, code, program.state(), program.pool(), program.data(), program.pieces(), program.dumpBytes());
        String difference = program.difference(expected, interpreter.run(mutated));
        assertTrue(difference.contains("log entry " + program.pieces().get(piece).log()), difference);
    }

    private static int entry(Program program, int piece) {
        return (int) (Layout.LOG - Layout.STATE) + 8 * program.pieces().get(piece).log();
    }

    /// Makes the next `sd rd, offset(tp)` store x0.
    private static void logZero(byte[] code, int from) {
        int at = from;
        while ((code[at] & 0x7F) != 0x23) {
            at += 4;
        }
        code[at + 2] &= 0x0F;
        code[at + 3] &= (byte) 0xFE;
    }
}
