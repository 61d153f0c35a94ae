package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The machine's ACPI tables, judged by the reference compiler: what it disassembles it must also accept again.
class AcpiTest extends OnProduct {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @Test
    void tablesSurviveDisassemblyAndRecompilation() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).vcpus(2).withRootDisk());
        guest.run("mkdir -p /tmp/acpi && cd /tmp/acpi && acpidump > all && acpixtract -a all > /dev/null");
        List<String> tables = guest.run("ls /tmp/acpi/*.dat | sed 's#.*/##; s#[.]dat##'").lines().toList();
        assertTrue(tables.containsAll(List.of("dsdt", "facp", "facs", "apic", "mcfg")), tables.toString());
        for (String table : tables) {
            guest.console().run("iasl -d " + table + ".dat > " + table + ".out 2>&1 || { cat " + table + ".out; false; }", LIMIT)
                    .orFail("disassembling " + table);
            String verdict = guest.console().run("iasl -p again " + table + ".dsl 2>&1 | tail -n 12", LIMIT).stdout();
            assertTrue(verdict.contains("Compilation successful. 0 Errors") || verdict.contains("Compilation complete. 0 Errors"),
                    table + ": " + verdict);
        }
    }

    /// Shows that the check above can fail.
    @Test
    void brokenTableIsRefused() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk());
        guest.run("cd /tmp && echo 'DefinitionBlock (\"\", \"DSDT\", 2, \"A\", \"B\", 1) { Return (UNKNOWN) }' > broken.dsl");
        assertNotEquals(0, guest.console().run("iasl broken.dsl", LIMIT).exitCode());
        assertEquals(0, guest.exitCodeOf("test ! -e broken.aml"));
    }
}
