package testudo.spi.serial;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.Pollable;

/// The open host side of a serial port. Owned by one thread; never blocks.
public interface SerialPort extends AutoCloseable {
    /// Writes guest output. What the host can't take now is kept in a bounded buffer, then dropped and counted.
    /// @param from where from
    /// @param offset in `from`
    /// @param lengthBytes how much
    void write(MemorySegment from, long offset, long lengthBytes);

    /// Where input comes from, readable when there is some.
    /// @return nothing when the port has no input
    Optional<Pollable> input();

    /// Reads input for the guest.
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much at most
    /// @return bytes read, 0 when there is none now, -1 at the end of the input
    int read(MemorySegment to, long offset, int lengthBytes);

    /// Flushes and releases it; a terminal gets its earlier mode back.
    @Override
    void close();
}
