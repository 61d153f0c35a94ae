package testudo.platform.linux;

import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// Events by `eventfd(2)`, timers by `timerfd_create(2)`, pollers by `epoll(7)`, clocks of the JVM (which are the kernel's).
final class LinuxEvents implements HostEvents {
    private static final int CLOEXEC_NONBLOCK = 0x80000 | 0x800;
    private static final int CLOCK_MONOTONIC = 1;

    @Override
    public HostEvent newEvent() {
        long descriptor = Errno.check(Syscall.call(SystemCall.EVENTFD2, 0, CLOEXEC_NONBLOCK), "cannot make an eventfd");
        return new LinuxEvent((int) descriptor);
    }

    @Override
    public HostTimer newTimer() {
        long descriptor = Errno.check(
                Syscall.call(SystemCall.TIMERFD_CREATE, CLOCK_MONOTONIC, CLOEXEC_NONBLOCK), "cannot make a timerfd");
        return new LinuxTimer((int) descriptor);
    }

    @Override
    public Poller newPoller() {
        long descriptor = Errno.check(Syscall.call(SystemCall.EPOLL_CREATE1, 0x80000), "cannot make an epoll descriptor");
        return new LinuxPoller((int) descriptor);
    }

    @Override
    public long monotonicNanos() {
        return System.nanoTime();
    }

    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }
}
