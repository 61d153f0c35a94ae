package testudo.arch.x86_64.acpi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.tables.Checksum;
import testudo.spi.VmmException;

/// All ACPI tables of a machine, in one image (ACPI 6.5, 5.2 "ACPI System Description Tables").
public final class AcpiTables {
    private static final int ALIGNMENT = 64;
    private static final int RSDP_BYTES = 36;
    private static final int RSDP_1_BYTES = 20;
    private static final int FACS_BYTES = 64;

    private final ByteBuffer image = AcpiTable.littleEndian(Addresses.ACPI_BYTES);
    private final List<Placed> placed = new ArrayList<>();

    private AcpiTables() {}

    /// A table and where it is.
    /// @param signature four characters
    /// @param gpa its address
    /// @param sizeBytes its length
    public record Placed(String signature, long gpa, int sizeBytes) {}

    /// Makes the tables.
    /// @param machine what they describe
    /// @param user tables to add
    /// @return the tables
    /// @throws VmmException.Config when they don't fit
    public static AcpiTables of(MachineView machine, UserTables user) {
        AcpiTables tables = new AcpiTables();
        tables.add("RSDP", new byte[RSDP_BYTES]);
        List<Long> listed = new ArrayList<>();
        long facs = tables.add("FACS", facs());
        user.others().forEach(table -> listed.add(tables.add(AcpiTable.signature(table), table)));
        long dsdt = tables.add("DSDT", user.find("DSDT").orElseGet(() -> Dsdt.table(machine)));
        byte[] fadt = user.find("FACP").map(table -> Fadt.completed(table, facs, dsdt))
                .orElseGet(() -> Fadt.table(machine, facs, dsdt));
        listed.addFirst(tables.add("FACP", fadt));
        listed.add(tables.add("APIC", Madt.table(machine, user.find("APIC").map(Madt::overrides).orElse(List.of()))));
        listed.add(tables.add("MCFG", mcfg(machine)));
        ByteBuffer pointers = AcpiTable.littleEndian(listed.size() * Long.BYTES);
        listed.forEach(pointers::putLong);
        long xsdt = tables.add("XSDT", AcpiTable.of("XSDT", 1, pointers.array()));
        tables.image.put(0, rsdp(xsdt));
        return tables;
    }

    /// The bytes.
    /// @return what is to be written at [Addresses#ACPI]
    public byte[] image() {
        Placed last = placed.getLast();
        return java.util.Arrays.copyOf(image.array(), (int) (last.gpa() - Addresses.ACPI) + last.sizeBytes());
    }

    /// The tables.
    /// @return signatures and places, by address
    public List<Placed> placed() {
        return List.copyOf(placed);
    }

    private long add(String signature, byte[] table) {
        int at = (image.position() + ALIGNMENT - 1) & -ALIGNMENT;
        if (table.length > image.capacity() - at) {
            throw new VmmException.Config("the ACPI tables need more than %d bytes; give fewer or smaller --acpi-table"
                    .formatted(image.capacity()));
        }
        image.put(at, table).position(at + table.length);
        placed.add(new Placed(signature, Addresses.ACPI + at, table.length));
        return Addresses.ACPI + at;
    }

    private static byte[] rsdp(long xsdt) {
        ByteBuffer rsdp = AcpiTable.littleEndian(RSDP_BYTES);
        rsdp.put(AcpiTable.ascii("RSD PTR ")).put((byte) 0).put(AcpiTable.ascii("TESTUD")).put((byte) 2);
        rsdp.putInt(0).putInt(RSDP_BYTES).putLong(xsdt);
        rsdp.put(8, Checksum.of(rsdp.array(), 0, RSDP_1_BYTES));
        return rsdp.put(32, Checksum.of(rsdp.array(), 0, RSDP_BYTES)).array();
    }

    private static byte[] facs() {
        return AcpiTable.littleEndian(FACS_BYTES)
                .put(AcpiTable.ascii("FACS"))
                .putInt(FACS_BYTES)
                .put(32, (byte) 1)
                .array();
    }

    private static byte[] mcfg(MachineView machine) {
        var window = machine.pci().configWindow();
        int buses = (int) (window.sizeBytes() >> 20);
        byte[] body = AcpiTable.littleEndian(24)
                .putLong(8, window.start())
                .putShort(16, (short) 0)
                .put(18, (byte) 0)
                .put(19, (byte) (buses - 1))
                .array();
        return AcpiTable.of("MCFG", 1, body);
    }
}
