package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;

/// Where a port's output goes.
interface PortOutput extends AutoCloseable {
    /// Takes output; what can't be delivered is dropped.
    void write(MemorySegment from, long offset, long lengthBytes);

    @Override
    void close();

    /// Output that nobody wants.
    PortOutput NONE = new PortOutput() {
        @Override
        public void write(MemorySegment from, long offset, long lengthBytes) {
            // Nobody listens.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };
}
