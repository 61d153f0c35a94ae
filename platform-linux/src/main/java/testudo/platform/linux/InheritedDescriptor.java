package testudo.platform.linux;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;

/// Descriptors that this process was started with, named as `/proc/self/fd/N`.
///
/// We work on a duplicate, so that a path may be opened more than once (a disk is probed first, then used); the inherited one is made
/// close-on-exec, so that our children don't get it.
final class InheritedDescriptor {
    private static final Pattern PATH = Pattern.compile("/proc/self/fd/(\\d{1,9})");
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int FD_CLOEXEC = 1;
    private static final int FIRST_FREE = 3;
    private static final int ACCESS_MASK = 3;
    private static final int SETTABLE = Opening.O_APPEND | Opening.O_NONBLOCK | Opening.O_DIRECT;

    private InheritedDescriptor() {}

    /// The number in a path.
    /// @return a descriptor number, or -1 for an ordinary path
    static int number(Path path) {
        Matcher matcher = PATH.matcher(path.toString());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    /// Duplicates a descriptor and adds the flags that can be added to an open file.
    /// @return a descriptor, or a negative errno: `-EACCES` when it is not open for what the flags ask
    static int duplicate(int descriptor, int flags) {
        long status = LinuxFiles.fcntl(descriptor, F_GETFL, 0);
        if (status < 0) {
            return (int) status;
        }
        long access = status & ACCESS_MASK;
        if (access != Opening.O_RDWR && access != (flags & ACCESS_MASK)) {
            return -Errno.EACCES;
        }
        long wanted = status | (flags & SETTABLE);
        long result = wanted == status ? 0 : LinuxFiles.fcntl(descriptor, F_SETFL, wanted);
        if (result < 0) {
            return (int) result;
        }
        if (descriptor >= FIRST_FREE) {
            LinuxFiles.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        }
        return (int) LinuxFiles.fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE);
    }

    /// Duplicates a descriptor as it is.
    /// @return a descriptor, or a negative errno
    static int copy(int descriptor) {
        return (int) LinuxFiles.fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE);
    }

    /// Makes a descriptor non-blocking.
    /// @return 0 or a negative errno
    static int makeNonBlocking(int descriptor) {
        long status = LinuxFiles.fcntl(descriptor, F_GETFL, 0);
        return (int) (status < 0 ? status : LinuxFiles.fcntl(descriptor, F_SETFL, status | Opening.O_NONBLOCK));
    }
}
