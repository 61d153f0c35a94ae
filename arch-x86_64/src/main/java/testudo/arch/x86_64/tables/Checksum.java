package testudo.arch.x86_64.tables;

/// The checksum of firmware tables: all bytes add up to 0.
public final class Checksum {
    private Checksum() {}

    /// The byte that makes a sum zero.
    /// @param table the table, whose checksum byte is 0
    /// @param from the first byte
    /// @param lengthBytes how many
    /// @return the checksum byte
    public static byte of(byte[] table, int from, int lengthBytes) {
        int sum = 0;
        for (int i = from; i < from + lengthBytes; i++) {
            sum += table[i];
        }
        return (byte) -sum;
    }
}
