package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.host.HostEvents;

/// Output as lines of the log, at a rate that a guest can't raise.
final class LineLog implements PortOutput {
    static final int MAX_LINE_BYTES = 1024;
    static final int LINES_A_PERIOD = 200;
    static final long PERIOD_NANOS = 1_000_000_000L;
    private static final Logger LOG = LoggerFactory.getLogger(LineLog.class);

    private final String name;
    private final HostEvents clock;
    private final byte[] line = new byte[MAX_LINE_BYTES];
    private int length;
    private long periodStart;
    private int linesInPeriod;
    private long suppressed;

    LineLog(String name, HostEvents clock) {
        this.name = name;
        this.clock = clock;
        periodStart = clock.monotonicNanos();
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        for (long i = 0; i < lengthBytes; i++) {
            byte next = from.get(ValueLayout.JAVA_BYTE, offset + i);
            if (next == '\n' || length == MAX_LINE_BYTES) {
                end();
            }
            if (next != '\n' && next != '\r') {
                line[length++] = next;
            }
        }
    }

    private void end() {
        long now = clock.monotonicNanos();
        if (now - periodStart >= PERIOD_NANOS) {
            periodStart = now;
            linesInPeriod = 0;
            if (suppressed > 0) {
                LOG.warn("{}: {} lines were not logged, more than {} in a second", name, suppressed, LINES_A_PERIOD);
                suppressed = 0;
            }
        }
        if (linesInPeriod < LINES_A_PERIOD) {
            linesInPeriod++;
            LOG.info("{}: {}", name, printable());
        } else {
            suppressed++;
        }
        length = 0;
    }

    /// Control characters of the guest could forge lines or drive the terminal that shows the log.
    private String printable() {
        return new String(line, 0, length, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "\uFFFD");
    }

    @Override
    public void close() {
        if (length > 0) {
            end();
        }
    }
}
