package testudo.core.vhost;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import testudo.spi.host.SharedMemory;

/// The log of written pages: a bit for each 4 KiB of guest physical memory, in memory shared with the front-end, which clears bits
/// while we set them ("Migration"). Any thread.
final class PageLog implements AutoCloseable {
    private static final int PAGE_SHIFT = 12;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle WORDS = INT.varHandle();

    private final SharedMemory log;
    private final long pages;

    /// Takes ownership of the log.
    PageLog(SharedMemory log) {
        this.log = log;
        pages = (log.sizeBytes() & -Integer.BYTES) * Byte.SIZE;
    }

    /// Marks the pages of a range; those that the log does not reach are not marked.
    void mark(long gpa, long lengthBytes) {
        if (gpa < 0 || lengthBytes <= 0) {
            return;
        }
        long last = Math.min((gpa + lengthBytes - 1) >>> PAGE_SHIFT, pages - 1);
        for (long page = gpa >>> PAGE_SHIFT; page <= last; page++) {
            WORDS.getAndBitwiseOr(log.bytes(), (page >>> 5) * Integer.BYTES, 1 << page);
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
