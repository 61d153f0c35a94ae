package testudo.hypervisor.soft.difftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.hypervisor.soft.cpu.Interpreter;

/// The interpreter and QEMU's machine run the same random programs in S-mode: translation, permissions, status bits of the page tables,
/// traps, interrupts and reserved encodings must be the same.
class PrivilegedDifferenceTest {
    private static final int PIECES = 3000;
    private static final int PROGRAMS = 10;
    private static final int LONG_PROGRAMS = 1000;

    @TempDir Path directory;
    private final SoftMachine interpreter = new SoftMachine(Interpreter::run);
    private QemuSystem qemu;

    @BeforeEach
    void findPeer() {
        assumeTrue(QemuSystem.isInstalled(), "needs qemu-system-riscv64 with OpenSBI (Debian packages qemu-system-misc and opensbi)");
        qemu = new QemuSystem(directory);
    }

    private void compare(long seed) {
        Program program = PrivilegedProgramGenerator.generate(seed, PIECES);
        assertEquals("", program.difference(qemu.run(program), interpreter.run(program)));
    }

    @Test
    void sameTrapsAndTables() {
        for (int i = 0; i < PROGRAMS; i++) {
            compare(Seeds.next());
        }
    }

    @Test
    @Tag("long")
    void sameTrapsAndTablesForHours() {
        for (int i = 0; i < LONG_PROGRAMS; i++) {
            compare(Seeds.next());
        }
    }

    /// The negative control: our page tables lack the permissions of one page.
    @Test
    void aWrongTranslationIsSeen() {
        Program program = PrivilegedProgramGenerator.generate(1, PIECES);
        byte[] data = program.data().clone();
        int tables = (int) (Layout.TABLES - Layout.DATA);
        for (int page = 0; page < AddressSpaces.WINDOW_PAGES; page++) {
            data[tables + 8 * page] &= ~1;
        }
        Program mutated = new Program(1, program.code(), program.state(), program.pool(), data, program.pieces(), program.dumpBytes());
        assertNotEquals("", program.difference(qemu.run(program), interpreter.run(mutated)));
    }
}
