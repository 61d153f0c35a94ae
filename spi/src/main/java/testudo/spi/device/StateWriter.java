package testudo.spi.device;

import java.io.ByteArrayOutputStream;

/// Writes saved state: a version, then values one after the other, little-endian. [StateReader] reads it.
public final class StateWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /// Starts with a version.
    /// @param version 1 to 65535; a new one for every change of what follows
    public StateWriter(int version) {
        putInt(version);
    }

    /// Adds 32 bits.
    /// @param value any
    /// @return this
    public StateWriter putInt(int value) {
        return little(Integer.toUnsignedLong(value), Integer.BYTES);
    }

    /// Adds 64 bits.
    /// @param value any
    /// @return this
    public StateWriter putLong(long value) {
        return little(value, Long.BYTES);
    }

    /// Adds bytes with their length.
    /// @param value any
    /// @return this
    public StateWriter putBytes(byte[] value) {
        putInt(value.length);
        bytes.writeBytes(value);
        return this;
    }

    private StateWriter little(long value, int count) {
        for (int i = 0; i < count; i++) {
            bytes.write((int) (value >>> (Byte.SIZE * i)));
        }
        return this;
    }

    /// All of it.
    /// @return a new array
    public byte[] toBytes() {
        return bytes.toByteArray();
    }
}
