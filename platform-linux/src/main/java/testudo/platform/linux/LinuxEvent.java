package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostEvent;

/// An eventfd. Any thread; does not allocate.
final class LinuxEvent extends Descriptor implements HostEvent {
    /// The number 1 to write, and a place that reads go to and that nobody looks at. Never freed: the kernel's pointer is always good.
    private static final MemorySegment ONE_AND_SINK = oneAndSink();

    private static final long ONE = ONE_AND_SINK.address();
    private static final long SINK = ONE + Long.BYTES;

    LinuxEvent(int descriptor) {
        super(descriptor);
    }

    private static MemorySegment oneAndSink() {
        MemorySegment segment = Arena.global().allocate(JAVA_LONG, 2);
        segment.set(JAVA_LONG, 0, 1);
        return segment;
    }

    @Override
    public void signal() {
        // EAGAIN means that the counter is at its limit: the event is signalled already.
        Syscall.call(SystemCall.WRITE, descriptor(), ONE, Long.BYTES);
    }

    @Override
    public boolean consume() {
        return Syscall.call(SystemCall.READ, descriptor(), SINK, Long.BYTES) == Long.BYTES;
    }
}
