package testudo.core.pci;

/// The 4096 bytes of a function's configuration space, with what the guest may change. Little-endian. The caller serialises.
public final class ConfigSpace {
    /// Bytes of configuration space.
    public static final int SIZE_BYTES = 4096;

    private final byte[] bytes = new byte[SIZE_BYTES];
    private final byte[] writable = new byte[SIZE_BYTES];
    private final byte[] clearedByOnes = new byte[SIZE_BYTES];

    /// Makes a space of zeroes that the guest can't write.
    public ConfigSpace() {}

    /// Reads.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4; `offset + sizeBytes` at most 4096
    /// @return the value, zero-extended
    public int get(int offset, int sizeBytes) {
        int value = 0;
        for (int i = sizeBytes - 1; i >= 0; i--) {
            value = value << 8 | (bytes[offset + i] & 0xFF);
        }
        return value;
    }

    /// Sets bytes, whether the guest may write them or not.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @param value the value
    public void set(int offset, int sizeBytes, int value) {
        store(bytes, offset, sizeBytes, value);
    }

    /// Says which bits the guest may write.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @param mask ones where it may
    public void allowWrites(int offset, int sizeBytes, int mask) {
        store(writable, offset, sizeBytes, mask);
    }

    /// Says which bits the guest clears by writing ones.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @param mask ones where it may
    public void allowClearing(int offset, int sizeBytes, int mask) {
        store(clearedByOnes, offset, sizeBytes, mask);
    }

    /// The guest writes.
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4; `offset + sizeBytes` at most 4096
    /// @param value the value
    public void guestWrite(int offset, int sizeBytes, int value) {
        for (int i = 0; i < sizeBytes; i++) {
            int at = offset + i;
            int given = (value >>> (8 * i)) & 0xFF;
            int kept = bytes[at] & ~writable[at] & ~(given & clearedByOnes[at]);
            bytes[at] = (byte) (kept | (given & writable[at]));
        }
    }

    /// All bytes, for saving.
    /// @return a copy
    byte[] bytes() {
        return bytes.clone();
    }

    /// Takes over what the guest had written; the rest stays.
    /// @param saved from [#bytes()]
    void restore(byte[] saved) {
        for (int i = 0; i < SIZE_BYTES; i++) {
            bytes[i] = (byte) ((bytes[i] & ~writable[i]) | (saved[i] & writable[i]));
        }
    }

    private static void store(byte[] to, int offset, int sizeBytes, int value) {
        for (int i = 0; i < sizeBytes; i++) {
            to[offset + i] = (byte) (value >>> (8 * i));
        }
    }
}
