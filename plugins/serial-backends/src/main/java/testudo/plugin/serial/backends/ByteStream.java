package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.HostFile;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Pollable;

/// A file, terminal or socket that bytes go to and come from, without blocking.
interface ByteStream extends AutoCloseable {
    /// Nothing can be moved now.
    int AGAIN = LocalSocket.AGAIN;

    /// Writes.
    /// @return bytes taken, [#AGAIN] or another negative errno
    long write(MemorySegment from, long offset, long lengthBytes);

    /// Reads.
    /// @return bytes read, 0 at the end, [#AGAIN] or another negative errno
    long read(MemorySegment to, long offset, long lengthBytes);

    /// What to wait for; empty while there is nothing to wait for.
    Optional<Pollable> pollable();

    @Override
    void close();

    /// The bytes of an open file.
    static ByteStream of(HostFile file) {
        return new ByteStream() {
            @Override
            public long write(MemorySegment from, long offset, long lengthBytes) {
                return file.write(-1, from, offset, lengthBytes);
            }

            @Override
            public long read(MemorySegment to, long offset, long lengthBytes) {
                return file.read(-1, to, offset, lengthBytes);
            }

            @Override
            public Optional<Pollable> pollable() {
                return Optional.of(file);
            }

            @Override
            public void close() {
                file.close();
            }
        };
    }
}
