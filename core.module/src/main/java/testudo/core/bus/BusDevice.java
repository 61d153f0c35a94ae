package testudo.core.bus;

/// What answers in a range of a [Bus]. Called by any vCPU thread, also by several at once: it does its own locking.
public interface BusDevice {
    /// The guest reads.
    /// @param offset in the range, `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value; all ones where there is no register
    long read(long offset, int sizeBytes);

    /// The guest writes.
    /// @param offset in the range, `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value zero-extended
    void write(long offset, int sizeBytes, long value);
}
