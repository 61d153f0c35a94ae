package testudo.platform.linux.confine;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostProcess;

/// A child, by its pidfd: `pidfd_open(2)`, so that a number that is used again can't be mistaken for it.
final class ChildProcess extends Descriptor implements HostProcess {
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x0100_0000;
    private static final int SIGKILL = 9;
    private static final int SIGNALLED = 128;
    /// `siginfo_t`: 128 bytes; for SIGCHLD `si_code` at 8, `si_pid` at 16, `si_status` at 24. Source: `include/uapi/asm-generic/siginfo.h`.
    private static final int SIGINFO_BYTES = 128;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;

    private final int id;
    private OptionalInt exitCode = OptionalInt.empty();

    ChildProcess(int id, int pidfd) {
        super(pidfd);
        this.id = id;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public synchronized OptionalInt exitCode() {
        return exitCode.isPresent() ? exitCode : collect(WEXITED | WNOHANG);
    }

    @Override
    public int waitFor() {
        OptionalInt known = exitCode();
        while (known.isEmpty()) {
            // Without the lock and without collecting it, so that kill() and exitCode() go on working.
            try (Arena arena = Arena.ofConfined()) {
                Syscall.call(
                        SystemCall.WAITID,
                        P_PIDFD,
                        descriptor(),
                        arena.allocate(SIGINFO_BYTES, Long.BYTES).address(),
                        WEXITED | WNOWAIT,
                        0,
                        0);
            }
            known = exitCode();
        }
        return known.getAsInt();
    }

    private OptionalInt collect(int options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(SIGINFO_BYTES, Long.BYTES);
            long result = Syscall.call(SystemCall.WAITID, P_PIDFD, descriptor(), info.address(), options, 0, 0);
            if (result == -Errno.EINTR || (result == 0 && info.get(JAVA_INT, SI_PID) == 0)) {
                return OptionalInt.empty();
            }
            Errno.check(result, "cannot wait for process " + id);
            int status = info.get(JAVA_INT, SI_STATUS);
            exitCode = OptionalInt.of(info.get(JAVA_INT, SI_CODE) == CLD_EXITED ? status : SIGNALLED + status);
            return exitCode;
        }
    }

    @Override
    public synchronized void kill() {
        if (exitCode.isEmpty() && descriptor() >= 0) {
            Syscall.call(SystemCall.PIDFD_SEND_SIGNAL, descriptor(), SIGKILL, 0, 0);
        }
    }

    @Override
    public synchronized void close() {
        if (descriptor() >= 0) {
            kill();
            while (exitCode.isEmpty()) {
                collect(WEXITED);
            }
            super.close();
        }
    }
}
