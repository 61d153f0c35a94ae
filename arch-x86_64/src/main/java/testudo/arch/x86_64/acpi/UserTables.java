package testudo.arch.x86_64.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.tables.Checksum;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// Tables that the user adds: `FACP` and `DSDT` replace ours, of an `APIC` only the interrupt overrides count.
public final class UserTables {
    private static final Set<String> REFUSED = Set.of("RSDT", "XSDT", "FACS", "MCFG");
    private final List<byte[]> tables;

    private UserTables(List<byte[]> tables) {
        this.tables = tables;
    }

    /// Reads and checks tables.
    /// @param files the files
    /// @return the tables
    /// @throws VmmException.Config with every problem found
    public static UserTables read(List<KernelImage> files) {
        List<byte[]> tables = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Set<String> single = new LinkedHashSet<>();
        for (KernelImage file : files) {
            Optional<String> problem = problem(file);
            if (problem.isPresent()) {
                problems.add("--acpi-table %s: %s".formatted(file.path(), problem.get()));
                continue;
            }
            byte[] table = file.bytes(0, (int) file.sizeBytes());
            String signature = AcpiTable.signature(table);
            if (Set.of("FACP", "DSDT", "APIC").contains(signature) && !single.add(signature)) {
                problems.add("--acpi-table %s: a second %s; a machine has one".formatted(file.path(), signature));
            }
            tables.add(table);
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new UserTables(List.copyOf(tables));
    }

    /// Whether the user brings the fixed description table.
    /// @return true when one of the tables is a `FACP`
    public boolean hasFadt() {
        return find("FACP").isPresent();
    }

    Optional<byte[]> find(String signature) {
        return tables.stream().filter(t -> AcpiTable.signature(t).equals(signature)).findFirst();
    }

    /// The tables that are listed beside ours.
    List<byte[]> others() {
        return tables.stream().filter(t -> !Set.of("FACP", "DSDT", "APIC").contains(AcpiTable.signature(t))).toList();
    }

    private static Optional<String> problem(KernelImage file) {
        if (file.sizeBytes() < AcpiTable.HEADER_BYTES || file.sizeBytes() > Addresses.ACPI_BYTES) {
            return Optional.of("%d bytes; an ACPI table has %d to %d"
                    .formatted(file.sizeBytes(), AcpiTable.HEADER_BYTES, Addresses.ACPI_BYTES));
        }
        byte[] table = file.bytes(0, (int) file.sizeBytes());
        long length = Integer.toUnsignedLong(ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).getInt(4));
        String signature = AcpiTable.signature(table);
        if (!signature.matches("[A-Z0-9_]{4}")) {
            return Optional.of("does not start with a table signature; is it compiled (iasl)?");
        }
        if (length != file.sizeBytes()) {
            return Optional.of("its header says %d bytes, the file has %d".formatted(length, file.sizeBytes()));
        }
        if (Checksum.of(table, 0, table.length) != 0) {
            return Optional.of("its checksum is wrong");
        }
        if (REFUSED.contains(signature)) {
            return Optional.of("%s describes this machine's own layout and can't be replaced".formatted(signature));
        }
        return "FACP".equals(signature) && table.length < Fadt.MIN_BYTES
                ? Optional.of("FACP of %d bytes; at least %d (ACPI 2.0) are needed".formatted(table.length, Fadt.MIN_BYTES))
                : Optional.empty();
    }
}
