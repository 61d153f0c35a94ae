package testudo.platform.linux.call;

import testudo.spi.VmmException.Host;
import testudo.spi.VmmException.Kind;

/// Error numbers of the kernel, their names, and the exceptions made from them. Same on x86-64, aarch64 and riscv64.
public final class Errno {
    /// `EPERM`.
    public static final int EPERM = 1;
    /// `ENOENT`.
    public static final int ENOENT = 2;
    /// `EINTR`.
    public static final int EINTR = 4;
    /// `EIO`.
    public static final int EIO = 5;
    /// `ENXIO`.
    public static final int ENXIO = 6;
    /// `E2BIG`.
    public static final int E2BIG = 7;
    /// `EBADF`.
    public static final int EBADF = 9;
    /// `EAGAIN`.
    public static final int EAGAIN = 11;
    /// `ENOMEM`.
    public static final int ENOMEM = 12;
    /// `EACCES`.
    public static final int EACCES = 13;
    /// `EFAULT`.
    public static final int EFAULT = 14;
    /// `EBUSY`.
    public static final int EBUSY = 16;
    /// `EEXIST`.
    public static final int EEXIST = 17;
    /// `ENODEV`.
    public static final int ENODEV = 19;
    /// `ENOTDIR`.
    public static final int ENOTDIR = 20;
    /// `EISDIR`.
    public static final int EISDIR = 21;
    /// `EINVAL`.
    public static final int EINVAL = 22;
    /// `ENFILE`.
    public static final int ENFILE = 23;
    /// `EMFILE`.
    public static final int EMFILE = 24;
    /// `ENOTTY`.
    public static final int ENOTTY = 25;
    /// `ETXTBSY`.
    public static final int ETXTBSY = 26;
    /// `EFBIG`.
    public static final int EFBIG = 27;
    /// `ENOSPC`.
    public static final int ENOSPC = 28;
    /// `ESPIPE`.
    public static final int ESPIPE = 29;
    /// `EROFS`.
    public static final int EROFS = 30;
    /// `EPIPE`.
    public static final int EPIPE = 32;
    /// `ENAMETOOLONG`.
    public static final int ENAMETOOLONG = 36;
    /// `ENOSYS`.
    public static final int ENOSYS = 38;
    /// `ELOOP`.
    public static final int ELOOP = 40;
    /// `EMSGSIZE`.
    public static final int EMSGSIZE = 90;
    /// `EOPNOTSUPP`.
    public static final int EOPNOTSUPP = 95;
    /// `EAFNOSUPPORT`.
    public static final int EAFNOSUPPORT = 97;
    /// `EADDRINUSE`.
    public static final int EADDRINUSE = 98;
    /// `ECONNRESET`.
    public static final int ECONNRESET = 104;
    /// `ENOTCONN`.
    public static final int ENOTCONN = 107;
    /// `ECONNREFUSED`.
    public static final int ECONNREFUSED = 111;

    private Errno() {}

    /// The name of an error.
    /// @param errno positive
    /// @return such as `EACCES`, or `errno N` for one without a name here
    public static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case E2BIG -> "E2BIG";
            case EBADF -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EFAULT -> "EFAULT";
            case EBUSY -> "EBUSY";
            case EEXIST -> "EEXIST";
            case ENODEV -> "ENODEV";
            case ENOTDIR -> "ENOTDIR";
            case EISDIR -> "EISDIR";
            case EINVAL -> "EINVAL";
            case ENFILE -> "ENFILE";
            case EMFILE -> "EMFILE";
            case ENOTTY -> "ENOTTY";
            case ETXTBSY -> "ETXTBSY";
            case EFBIG -> "EFBIG";
            case ENOSPC -> "ENOSPC";
            case ESPIPE -> "ESPIPE";
            case EROFS -> "EROFS";
            case EPIPE -> "EPIPE";
            case ENAMETOOLONG -> "ENAMETOOLONG";
            case ENOSYS -> "ENOSYS";
            case ELOOP -> "ELOOP";
            case EMSGSIZE -> "EMSGSIZE";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case EAFNOSUPPORT -> "EAFNOSUPPORT";
            case EADDRINUSE -> "EADDRINUSE";
            case ECONNRESET -> "ECONNRESET";
            case ENOTCONN -> "ENOTCONN";
            case ECONNREFUSED -> "ECONNREFUSED";
            default -> "errno " + errno;
        };
    }

    /// What an error that users cause means.
    private static String meaning(int errno) {
        return switch (errno) {
            case ENOENT -> " (it does not exist)";
            case EACCES -> " (no permission)";
            case EPERM -> " (not allowed)";
            case EEXIST -> " (it exists already)";
            case ENOTDIR -> " (part of its path is no directory)";
            case EISDIR -> " (it is a directory)";
            case ENXIO -> " (nothing is behind it)";
            case EBUSY, ETXTBSY -> " (it is in use)";
            case EMFILE -> " (too many open files; see ulimit -n)";
            case ENOSPC -> " (no space or quota left)";
            case EROFS -> " (the file system is read-only)";
            case EADDRINUSE -> " (the address is in use)";
            case ECONNREFUSED -> " (nobody listens there)";
            default -> "";
        };
    }

    /// What kind of failure an error is.
    /// @param errno positive
    /// @return the kind that callers branch on
    public static Kind kind(int errno) {
        return switch (errno) {
            case EPERM, EACCES, EROFS -> Kind.DENIED;
            case ENOENT, ENOTDIR, ENODEV, ENXIO, ECONNREFUSED -> Kind.MISSING;
            case ENOMEM, EMFILE, ENFILE, ENOSPC, EBUSY -> Kind.EXHAUSTED;
            case ENOSYS, EOPNOTSUPP, ENOTTY -> Kind.UNSUPPORTED;
            default -> Kind.IO;
        };
    }

    /// Makes the exception for a failed call.
    /// @param what what failed, with values: `cannot open /dev/kvm`
    /// @param result the call's negative result
    /// @return `WHAT: ENAME (its meaning)`
    public static Host failure(String what, long result) {
        int errno = (int) -result;
        return new Host(kind(errno), what + ": " + name(errno) + meaning(errno));
    }

    /// Passes a result on, or throws.
    /// @param result a call's result
    /// @param what what failed if it is negative
    /// @return the result, 0 or more
    /// @throws Host when the result is negative
    public static long check(long result, String what) {
        if (result < 0) {
            throw failure(what, result);
        }
        return result;
    }
}
