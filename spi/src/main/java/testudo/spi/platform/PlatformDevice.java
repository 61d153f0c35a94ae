package testudo.spi.platform;

/// A device at fixed ports or addresses. Called by one thread at a time, a vCPU's or the loop's.
public interface PlatformDevice extends AutoCloseable {
    /// The guest reads. Never throws for a guest's doing, does not block.
    /// @param resource index of the port or address range in the device's resources
    /// @param offset in that range, `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8; may reach past the end of the range
    /// @return the value; all ones where there is no register
    long read(int resource, long offset, int sizeBytes);

    /// The guest writes. Never throws for a guest's doing, does not block.
    /// @param resource index of the port or address range in the device's resources
    /// @param offset in that range, `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8; may reach past the end of the range
    /// @param value zero-extended
    void write(int resource, long offset, int sizeBytes, long value);

    /// The guest calls. Never throws for a guest's doing, does not block.
    /// @param resource index of the [Resource.Calls] in the device's resources
    /// @param call the extension, the function, up to five arguments; error and value are written back to 0 and 1
    /// @return false when there is no such function
    default boolean call(int resource, long[] call) {
        return false;
    }

    /// Back to the power-on state.
    void reset();

    @Override
    void close();
}
