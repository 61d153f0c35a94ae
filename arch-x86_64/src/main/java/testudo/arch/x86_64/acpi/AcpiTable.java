package testudo.arch.x86_64.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import testudo.arch.x86_64.tables.Checksum;

/// A system description table: header and body (ACPI 6.5, 5.2.6 "System Description Table Header").
final class AcpiTable {
    static final int HEADER_BYTES = 36;
    private static final int CHECKSUM = 9;
    private static final int VERSION = 1;

    private AcpiTable() {}

    /// Puts a header before a body.
    static byte[] of(String signature, int revision, byte[] body) {
        ByteBuffer table = littleEndian(HEADER_BYTES + body.length);
        table.put(ascii(signature)).putInt(table.capacity()).put((byte) revision).put((byte) 0);
        table.put(ascii("TESTUDTESTUDO ")).putInt(VERSION).put(ascii("TSTD")).putInt(VERSION);
        table.put(body);
        return sealed(table.array());
    }

    /// Sets the checksum.
    static byte[] sealed(byte[] table) {
        table[CHECKSUM] = 0;
        table[CHECKSUM] = Checksum.of(table, 0, table.length);
        return table;
    }

    static String signature(byte[] table) {
        return new String(table, 0, 4, StandardCharsets.ISO_8859_1);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static ByteBuffer littleEndian(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
