package testudo.spi.device;

import java.util.Arrays;
import testudo.spi.VmmException;

/// Reads what a [StateWriter] wrote. The bytes may come from anywhere: each read is checked.
public final class StateReader {
    private final String owner;
    private final byte[] bytes;
    private final int version;
    private int at;

    /// Reads the version.
    /// @param owner whose state it is, for errors
    /// @param bytes the state
    /// @param newestVersion the newest version that the caller understands
    /// @throws VmmException.Config when it is too short, or its version is none that the caller understands
    public StateReader(String owner, byte[] bytes, int newestVersion) {
        this.owner = owner;
        this.bytes = bytes.clone();
        version = getInt();
        if (version < 1 || version > newestVersion) {
            throw new VmmException.Config("%s: saved state has version %d; this program reads 1 to %d"
                    .formatted(owner, version, newestVersion));
        }
    }

    /// The version.
    /// @return 1 or more
    public int version() {
        return version;
    }

    /// Takes 32 bits.
    /// @return the value
    /// @throws VmmException.Config when there are none
    public int getInt() {
        return (int) little(Integer.BYTES);
    }

    /// Takes 32 bits that must be in a range.
    /// @param what its name, for errors
    /// @param max the largest value; the smallest is 0
    /// @return 0 to `max`
    /// @throws VmmException.Config when there are none, or they are out of range
    public int getInt(String what, int max) {
        int value = getInt();
        if (value < 0 || value > max) {
            throw new VmmException.Config("%s: saved state is damaged: %s %d is not 0 to %d".formatted(owner, what, value, max));
        }
        return value;
    }

    /// Takes 64 bits.
    /// @return the value
    /// @throws VmmException.Config when there are none
    public long getLong() {
        return little(Long.BYTES);
    }

    /// Takes bytes with their length.
    /// @return a new array
    /// @throws VmmException.Config when there are fewer
    public byte[] getBytes() {
        int length = getInt("length", bytes.length);
        if (length > bytes.length - at) {
            throw new VmmException.Config("%s: saved state is damaged: it ends early".formatted(owner));
        }
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /// Checks that nothing follows.
    /// @throws VmmException.Config when something does
    public void end() {
        if (at != bytes.length) {
            throw new VmmException.Config("%s: saved state is damaged: %d bytes too many".formatted(owner, bytes.length - at));
        }
    }

    private long little(int count) {
        if (bytes.length - at < count) {
            throw new VmmException.Config("%s: saved state is damaged: it ends early".formatted(owner));
        }
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << Byte.SIZE | (bytes[at + i] & 0xFF);
        }
        at += count;
        return value;
    }
}
