package testudo.arch.x86_64.acpi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import testudo.arch.x86_64.layout.Addresses;

/// The multiple APIC description table (ACPI 6.5, 5.2.12 "Multiple APIC Description Table (MADT)").
final class Madt {
    private static final int REVISION = 5;
    private static final int PCAT_COMPAT = 1;
    private static final int LOCAL_APIC = 0;
    private static final int IO_APIC = 1;
    private static final int SOURCE_OVERRIDE = 2;
    private static final int SOURCE_OVERRIDE_BYTES = 10;
    private static final int LOCAL_NMI = 4;
    private static final int ENABLED = 1;
    private static final int ALL_PROCESSORS = 0xFF;
    private static final int ACTIVE_HIGH_LEVEL = 0x0D;
    private static final int ACTIVE_LOW_LEVEL = 0x0F;
    private static final int FIRST_ENTRY = 44;

    private Madt() {}

    static byte[] table(MachineView machine, List<byte[]> userOverrides) {
        List<byte[]> entries = new ArrayList<>();
        for (int id = 0; id < machine.vcpus(); id++) {
            entries.add(Aml.bytes(LOCAL_APIC, 8, id, id, ENABLED, 0, 0, 0));
        }
        entries.add(Aml.join(
                Aml.bytes(IO_APIC, 12, 0, 0), Aml.littleEndian(Addresses.IO_APIC, 4), Aml.littleEndian(0, 4)));
        Map<Integer, byte[]> overrides = new LinkedHashMap<>();
        machine.powerManagement().ifPresent(p -> overrides.put(p.sci(), override(p.sci(), ACTIVE_HIGH_LEVEL)));
        machine.pciInterrupts().forEach(gsi -> overrides.putIfAbsent(gsi, override(gsi, ACTIVE_LOW_LEVEL)));
        userOverrides.forEach(entry -> overrides.put(Byte.toUnsignedInt(entry[3]), entry));
        entries.addAll(overrides.values());
        entries.add(Aml.bytes(LOCAL_NMI, 6, ALL_PROCESSORS, 0, 0, 1));
        byte[] body = Aml.join(
                Aml.littleEndian(Addresses.LOCAL_APIC, 4), Aml.littleEndian(PCAT_COMPAT, 4), Aml.join(entries.toArray(byte[][]::new)));
        return AcpiTable.of("APIC", REVISION, body);
    }

    /// Finds the interrupt source overrides in a table of the user's.
    /// @return the entries; what is malformed ends the list
    static List<byte[]> overrides(byte[] madt) {
        List<byte[]> found = new ArrayList<>();
        ByteBuffer entries = ByteBuffer.wrap(madt);
        for (int at = FIRST_ENTRY; at + 2 <= madt.length;) {
            int length = Byte.toUnsignedInt(entries.get(at + 1));
            if (length < 2 || length > madt.length - at) {
                break;
            }
            if (entries.get(at) == SOURCE_OVERRIDE && length == SOURCE_OVERRIDE_BYTES) {
                byte[] entry = new byte[length];
                entries.get(at, entry);
                found.add(entry);
            }
            at += length;
        }
        return found;
    }

    private static byte[] override(int gsi, int flags) {
        return Aml.join(Aml.bytes(SOURCE_OVERRIDE, SOURCE_OVERRIDE_BYTES, 0, gsi), Aml.littleEndian(gsi, 4),
                Aml.littleEndian(flags, 2));
    }
}
