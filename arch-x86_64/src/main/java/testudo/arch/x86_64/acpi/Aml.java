package testudo.arch.x86_64.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// Terms of the ACPI machine language as bytes (ACPI 6.5, 20.2 "AML Grammar Definition").
final class Aml {
    static final byte[] ARG0 = {0x68};
    static final byte[] ARG1 = {0x69};
    static final byte[] ARG3 = {0x6B};
    static final byte[] LOCAL0 = {0x60};
    private static final int EXT = 0x5B;

    private Aml() {}

    /// Puts terms one after the other.
    static byte[] join(byte[]... terms) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] term : terms) {
            out.writeBytes(term);
        }
        return out.toByteArray();
    }

    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return bytes((int) value);
        }
        if (value > 0 && value <= 0xFF) {
            return bytes(0x0A, (int) value);
        }
        if (value > 0 && value <= 0xFFFF) {
            return join(bytes(0x0B), littleEndian(value, 2));
        }
        return value > 0 && value <= 0xFFFF_FFFFL
                ? join(bytes(0x0C), littleEndian(value, 4))
                : join(bytes(0x0E), littleEndian(value, 8));
    }

    static byte[] string(String text) {
        return join(bytes(0x0D), text.getBytes(StandardCharsets.US_ASCII), bytes(0));
    }

    /// A compressed EISA identity such as `PNP0501` (ACPI 6.5, 19.6.37 "EISAID").
    static byte[] eisaId(String id) {
        int vendor = (id.charAt(0) - 0x40) << 10 | (id.charAt(1) - 0x40) << 5 | (id.charAt(2) - 0x40);
        int product = Integer.parseInt(id.substring(3), 16);
        return join(bytes(0x0C), bytes(vendor >> 8, vendor, product >> 8, product));
    }

    static byte[] packageOf(byte[]... elements) {
        return join(bytes(0x12), sized(join(bytes(elements.length), join(elements))));
    }

    static byte[] buffer(byte[] content) {
        return join(bytes(0x11), sized(join(integer(content.length), content)));
    }

    /// A UUID in the byte order of `ToUUID` (ACPI 6.5, 19.6.136 "ToUUID").
    static byte[] uuid(String text) {
        UUID uuid = UUID.fromString(text);
        long high = uuid.getMostSignificantBits();
        byte[] tail = new byte[8];
        for (int i = 0; i < 8; i++) {
            tail[i] = (byte) (uuid.getLeastSignificantBits() >>> (56 - 8 * i));
        }
        return buffer(join(littleEndian(high >>> 32, 4), littleEndian(high >>> 16, 2), littleEndian(high, 2), tail));
    }

    static byte[] name(String name, byte[] value) {
        return join(bytes(0x08), path(name), value);
    }

    static byte[] scope(String name, byte[]... terms) {
        return join(bytes(0x10), sized(join(path(name), join(terms))));
    }

    static byte[] device(String name, byte[]... terms) {
        return join(bytes(EXT, 0x82), sized(join(path(name), join(terms))));
    }

    static byte[] method(String name, int arguments, byte[]... terms) {
        return join(bytes(0x14), sized(join(path(name), bytes(arguments), join(terms))));
    }

    static byte[] createDwordField(byte[] source, int offset, String name) {
        return join(bytes(0x8A), source, integer(offset), path(name));
    }

    static byte[] store(byte[] value, byte[] target) {
        return join(bytes(0x70), value, target);
    }

    static byte[] and(byte[] left, byte[] right, byte[] target) {
        return join(bytes(0x7B), left, right, target);
    }

    static byte[] or(byte[] left, byte[] right, byte[] target) {
        return join(bytes(0x7D), left, right, target);
    }

    static byte[] equal(byte[] left, byte[] right) {
        return join(bytes(0x93), left, right);
    }

    static byte[] not(byte[] operand) {
        return join(bytes(0x92), operand);
    }

    static byte[] when(byte[] condition, byte[]... terms) {
        return join(bytes(0xA0), sized(join(condition, join(terms))));
    }

    static byte[] otherwise(byte[]... terms) {
        return join(bytes(0xA1), sized(join(terms)));
    }

    static byte[] giveBack(byte[] value) {
        return join(bytes(0xA4), value);
    }

    /// A name: one or two segments of four characters, with or without a leading root character.
    static byte[] path(String name) {
        boolean root = name.startsWith("\\");
        String[] segments = (root ? name.substring(1) : name).split("\\.", -1);
        byte[] prefix = root ? bytes('\\') : new byte[0];
        byte[] joined = String.join("", segments).getBytes(StandardCharsets.US_ASCII);
        if (joined.length != segments.length * 4 || segments.length > 2) {
            throw new IllegalArgumentException(name);
        }
        return segments.length == 1 ? join(prefix, joined) : join(prefix, bytes(0x2E), joined);
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    static byte[] littleEndian(long value, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            bytes[i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    /// Puts the package length before a body (ACPI 6.5, 20.2.4 "Package Length Encoding"): it counts its own bytes.
    private static byte[] sized(byte[] body) {
        if (body.length + 1 < 1 << 6) {
            return join(bytes(body.length + 1), body);
        }
        int extra = body.length + 2 < 1 << 12 ? 1 : body.length + 3 < 1 << 20 ? 2 : 3;
        int length = body.length + 1 + extra;
        return join(bytes(extra << 6 | (length & 0xF)), littleEndian(length >>> 4, extra), body);
    }
}
