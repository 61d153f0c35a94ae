package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.call.Timespec;
import testudo.spi.host.HostTimer;

/// A timerfd. Any thread, one at a time.
final class LinuxTimer extends Descriptor implements HostTimer {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment setting = arena.allocate(Itimerspec.LAYOUT);
    private final MemorySegment expiries = arena.allocate(JAVA_LONG);

    LinuxTimer(int descriptor) {
        super(descriptor);
    }

    @Override
    public synchronized void arm(long delayNanos, long periodNanos) {
        // A first expiry of 0 would disarm the timer.
        set(Math.max(delayNanos, 1), Math.max(periodNanos, 0));
    }

    @Override
    public synchronized void disarm() {
        set(0, 0);
    }

    private void set(long delayNanos, long periodNanos) {
        Timespec.write(setting, Itimerspec.IT_VALUE, delayNanos);
        Timespec.write(setting, Itimerspec.IT_INTERVAL, periodNanos);
        Errno.check(
                Syscall.call(SystemCall.TIMERFD_SETTIME, descriptor(), 0, setting.address(), 0), "cannot set a timer");
    }

    @Override
    public synchronized long consume() {
        long result = Syscall.call(SystemCall.READ, descriptor(), expiries.address(), Long.BYTES);
        return result == Long.BYTES ? expiries.get(JAVA_LONG, 0) : 0;
    }

    @Override
    public synchronized void close() {
        super.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
