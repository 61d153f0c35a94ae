package testudo.platform.linux.call;

import java.lang.foreign.Arena;

/// Opens paths. Source of the numbers: `include/uapi/asm-generic/fcntl.h`.
public final class Opening {
    /// For reading.
    public static final int O_RDONLY = 0;
    /// For writing.
    public static final int O_WRONLY = 1;
    /// For both.
    public static final int O_RDWR = 2;
    /// Make when missing.
    public static final int O_CREAT = 0x40;
    /// A terminal does not become the controlling one.
    public static final int O_NOCTTY = 0x100;
    /// Cut to length 0.
    public static final int O_TRUNC = 0x200;
    /// Every write goes to the end.
    public static final int O_APPEND = 0x400;
    /// Never block.
    public static final int O_NONBLOCK = 0x800;
    /// Past the page cache. The one number here that differs between machine types.
    public static final int O_DIRECT = System.getProperty("os.arch").equals("aarch64") ? 0x10000 : 0x4000;
    /// Closed by `execve`.
    public static final int O_CLOEXEC = 0x80000;

    private static final int AT_FDCWD = -100;
    private static final int NEW_FILE_MODE = 0666;

    private Opening() {}

    /// Opens a path; always with `O_CLOEXEC`. New files get mode 0666 less the umask.
    /// @param path where, without NUL
    /// @param flags a mask of the constants of this class
    /// @return a descriptor or a negative errno
    public static int open(String path, int flags) {
        if (path.indexOf('\0') >= 0) {
            return -Errno.EINVAL;
        }
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path).address();
            long result;
            do {
                result = Syscall.call(SystemCall.OPENAT, AT_FDCWD, name, flags | O_CLOEXEC, NEW_FILE_MODE);
            } while (result == -Errno.EINTR);
            return (int) result;
        }
    }

    /// Removes a name.
    /// @param path where
    /// @return 0 or a negative errno
    public static int unlink(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Syscall.call(SystemCall.UNLINKAT, AT_FDCWD, arena.allocateFrom(path).address(), 0);
        }
    }
}
