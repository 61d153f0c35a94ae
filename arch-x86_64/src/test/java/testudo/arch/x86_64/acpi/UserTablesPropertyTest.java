package testudo.arch.x86_64.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import testudo.arch.x86_64.Machines;
import testudo.arch.x86_64.tables.Checksum;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;

/// A user's tables are used or refused, whatever they hold; what comes out is well-formed.
class UserTablesPropertyTest {
    private static final MachineView MACHINE = new MachineView(1, new PciHost(0xCF8, new Window(0xF4000000L, 0x4000000),
            12, new Window(0xD000, 0x3000), new Window(0xD0000000L, 0x24000000), new Window(0x108000000L, 1L << 38),
            0x8086, 0x1237, 1), Machines.layout(""), false);
    private static Path directory = Path.of("");

    @BeforeContainer
    static void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("tables");
    }

    @AfterContainer
    static void removeDirectory() throws IOException {
        Files.deleteIfExists(directory.resolve("table"));
        Files.delete(directory);
    }

    @Provide
    Arbitrary<String> signatures() {
        return Arbitraries.of("FACP", "APIC", "DSDT", "SSDT", "XSDT", "\0\0\0\0");
    }

    @Provide
    Arbitrary<byte[]> bodies() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
    }

    @Property(tries = 400)
    void wellFormedTablesOfAnyContent(@ForAll("signatures") String signature, @ForAll("bodies") byte[] body) {
        use(AcpiTable.of(signature, 1, body));
    }

    @Property(tries = 200)
    void arbitraryBytes(@ForAll("bodies") byte[] bytes) {
        if (bytes.length > 0) {
            use(bytes);
        }
    }

    private static void use(byte[] table) {
        try (KernelImage file = Machines.file(directory, "table", table)) {
            AcpiTables tables = AcpiTables.of(MACHINE, UserTables.read(List.of(file)));
            byte[] image = tables.image();
            tables.placed().stream().filter(p -> !p.signature().equals("FACS")).forEach(
                    p -> assertEquals(0, Checksum.of(image, (int) (p.gpa() - 0xE0000), p.sizeBytes()), p.toString()));
        } catch (VmmException.Config e) {
            assertTrue(!e.problems().isEmpty());
        }
    }
}
