package testudo.spi.host;

/// Something of the operating system that is open: a file, an event, shared memory. Opaque; only its platform module looks inside.
public interface HostHandle extends AutoCloseable {
    /// Releases it. Idempotent.
    @Override
    void close();
}
