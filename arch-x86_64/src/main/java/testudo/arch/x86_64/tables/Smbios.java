package testudo.arch.x86_64.tables;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import testudo.arch.x86_64.layout.Addresses;
import testudo.spi.VmmException;

/// SMBIOS 3.2: entry point and structures (DSP0134, 5.2.2 "SMBIOS 3.0 (64-bit) Entry Point", 7 "Structure definitions").
public final class Smbios {
    private static final int ENTRY_POINT_BYTES = 24;
    private static final int MAX_OEM_STRINGS = 255;
    private static final int PCI_SUPPORTED = 1 << 7;
    private static final int VIRTUAL_MACHINE = 1 << 4;
    private static final int WAKE_UP_POWER_SWITCH = 6;

    private final ByteArrayOutputStream structures = new ByteArrayOutputStream();
    private int handle;

    private Smbios() {}

    /// What the tables say.
    /// @param firmware vendor, version
    /// @param system manufacturer, product, serial number
    /// @param uuid the system's identity
    /// @param oemStrings free text
    public record Identity(List<String> firmware, List<String> system, UUID uuid, List<String> oemStrings) {
        /// Copies the lists.
        public Identity {
            firmware = List.copyOf(firmware);
            system = List.copyOf(system);
            oemStrings = List.copyOf(oemStrings);
        }
    }

    /// Makes the tables.
    /// @param identity what they say
    /// @param firmwareBytes size of the firmware image, 0 without one
    /// @return entry point and structures, to be written at [Addresses#SMBIOS]
    /// @throws VmmException.Config when they don't fit or a string has control characters
    public static byte[] tables(Identity identity, long firmwareBytes) {
        check(identity);
        Smbios smbios = new Smbios();
        smbios.addFirmware(identity, firmwareBytes);
        smbios.addSystem(identity);
        if (!identity.oemStrings().isEmpty()) {
            smbios.add(11, bytes(1).put((byte) identity.oemStrings().size()), identity.oemStrings());
        }
        smbios.add(127, bytes(0), List.of());
        byte[] structures = smbios.structures.toByteArray();
        if (structures.length > Addresses.SMBIOS_BYTES - ENTRY_POINT_BYTES) {
            throw new VmmException.Config("--smbios: the tables take %d bytes, there is room for %d; use shorter strings"
                    .formatted(structures.length, Addresses.SMBIOS_BYTES - ENTRY_POINT_BYTES));
        }
        return bytes(ENTRY_POINT_BYTES + structures.length).put(entryPoint(structures.length)).put(structures).array();
    }

    private static void check(Identity identity) {
        List<String> strings = new ArrayList<>(identity.firmware());
        strings.addAll(identity.system());
        strings.addAll(identity.oemStrings());
        for (String string : strings) {
            if (string.chars().anyMatch(c -> c < ' ')) {
                throw new VmmException.Config("--smbios: '%s' has a control character"
                        .formatted(string.replaceAll("\\p{Cntrl}", "?")));
            }
        }
        if (identity.oemStrings().size() > MAX_OEM_STRINGS || identity.oemStrings().contains("")) {
            throw new VmmException.Config("--smbios: oem-strings takes up to %d strings that are not empty, there are %d"
                    .formatted(MAX_OEM_STRINGS, identity.oemStrings().size()));
        }
    }

    private static byte[] entryPoint(int structureBytes) {
        ByteBuffer entry = bytes(ENTRY_POINT_BYTES);
        entry.put("_SM3_".getBytes(StandardCharsets.US_ASCII)).put(6, (byte) ENTRY_POINT_BYTES);
        entry.put(7, (byte) 3).put(8, (byte) 2).put(10, (byte) 1);
        entry.putInt(12, structureBytes).putLong(16, Addresses.SMBIOS + ENTRY_POINT_BYTES);
        return entry.put(5, Checksum.of(entry.array(), 0, ENTRY_POINT_BYTES)).array();
    }

    private void addFirmware(Identity identity, long firmwareBytes) {
        int romSize = (int) Math.max(0, Math.ceilDiv(firmwareBytes, 1 << 16) - 1);
        ByteBuffer fields = bytes(20);
        fields.put(index(identity.firmware(), 0)).put(index(identity.firmware(), 1)).putShort((short) 0);
        fields.put((byte) 0).put((byte) Math.min(romSize, 255)).putLong(PCI_SUPPORTED);
        fields.put((byte) 0).put((byte) VIRTUAL_MACHINE);
        fields.put((byte) 0).put((byte) 0).put((byte) 0xFF).put((byte) 0xFF);
        add(0, fields, identity.firmware());
    }

    private void addSystem(Identity identity) {
        ByteBuffer fields = bytes(23);
        fields.put(index(identity.system(), 0)).put(index(identity.system(), 1)).put((byte) 0);
        fields.put(index(identity.system(), 2));
        // The first three fields of a UUID are little-endian, the rest are bytes (7.2.1 "System — UUID").
        long high = identity.uuid().getMostSignificantBits();
        fields.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        fields.order(ByteOrder.BIG_ENDIAN).putLong(identity.uuid().getLeastSignificantBits());
        fields.put((byte) WAKE_UP_POWER_SWITCH).put((byte) 0).put((byte) 0);
        add(1, fields, identity.system());
    }

    /// The number of a string: its place among those that are not empty, 0 for an empty one.
    private static byte index(List<String> strings, int which) {
        return strings.get(which).isEmpty()
                ? 0
                : (byte) strings.subList(0, which + 1).stream().filter(s -> !s.isEmpty()).count();
    }

    private void add(int type, ByteBuffer fields, List<String> strings) {
        ByteBuffer header = bytes(4).put((byte) type).put((byte) (4 + fields.capacity())).putShort((short) handle++);
        structures.writeBytes(header.array());
        structures.writeBytes(fields.array());
        List<String> present = strings.stream().filter(s -> !s.isEmpty()).toList();
        for (String string : present) {
            structures.writeBytes(string.getBytes(StandardCharsets.UTF_8));
            structures.write(0);
        }
        structures.writeBytes(new byte[present.isEmpty() ? 2 : 1]);
    }

    private static ByteBuffer bytes(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
