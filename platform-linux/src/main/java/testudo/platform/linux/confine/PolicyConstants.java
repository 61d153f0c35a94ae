package testudo.platform.linux.confine;

import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Names that policies may use for numbers. All are the same on the three machine types. Sources: `include/uapi/asm-generic/{mman-common,fcntl,ioctls,errno-base}.h`,
/// `include/uapi/linux/{sched,prctl,socket,futex}.h`, `include/linux/socket.h`, `include/linux/net.h`.
final class PolicyConstants {
    private static final Map<String, Long> VALUES = Map.ofEntries(
            Map.entry("PROT_NONE", 0L),
            Map.entry("PROT_READ", 1L),
            Map.entry("PROT_WRITE", 2L),
            Map.entry("PROT_EXEC", 4L),
            Map.entry("MAP_SHARED", 1L),
            Map.entry("MAP_PRIVATE", 2L),
            Map.entry("MADV_NORMAL", 0L),
            Map.entry("MADV_WILLNEED", 3L),
            Map.entry("MADV_DONTNEED", 4L),
            Map.entry("MADV_FREE", 8L),
            Map.entry("MADV_REMOVE", 9L),
            Map.entry("MADV_HUGEPAGE", 14L),
            Map.entry("MADV_NOHUGEPAGE", 15L),
            Map.entry("MADV_DONTDUMP", 16L),
            Map.entry("MADV_GUARD_INSTALL", 102L),
            Map.entry("MADV_GUARD_REMOVE", 103L),
            Map.entry("CLONE_VM", 0x100L),
            Map.entry("CLONE_THREAD", 0x10000L),
            Map.entry("AF_UNIX", 1L),
            Map.entry("AF_INET", 2L),
            Map.entry("AF_INET6", 10L),
            Map.entry("AF_NETLINK", 16L),
            Map.entry("SOCK_STREAM", 1L),
            Map.entry("SOCK_DGRAM", 2L),
            Map.entry("SOCK_NONBLOCK", 0x800L),
            Map.entry("SOCK_CLOEXEC", 0x80000L),
            Map.entry("O_RDONLY", 0L),
            Map.entry("O_WRONLY", 1L),
            Map.entry("O_RDWR", 2L),
            Map.entry("F_DUPFD", 0L),
            Map.entry("F_GETFD", 1L),
            Map.entry("F_SETFD", 2L),
            Map.entry("F_GETFL", 3L),
            Map.entry("F_SETFL", 4L),
            Map.entry("F_SETLK", 6L),
            Map.entry("F_DUPFD_CLOEXEC", 1030L),
            Map.entry("F_ADD_SEALS", 1033L),
            Map.entry("F_GET_SEALS", 1034L),
            Map.entry("F_OFD_SETLK", 37L),
            Map.entry("PR_SET_PDEATHSIG", 1L),
            Map.entry("PR_SET_NAME", 15L),
            Map.entry("PR_GET_NAME", 16L),
            Map.entry("PR_SET_NO_NEW_PRIVS", 38L),
            Map.entry("PR_SET_VMA", 0x53564D41L),
            Map.entry("FIONREAD", 0x541BL),
            Map.entry("FIONBIO", 0x5421L),
            Map.entry("FIOCLEX", 0x5451L),
            Map.entry("TCGETS", 0x5401L),
            Map.entry("TCSETS", 0x5402L),
            Map.entry("TIOCGWINSZ", 0x5413L),
            Map.entry("BLKDISCARD", 0x1277L),
            Map.entry("SIGABRT", 6L),
            Map.entry("RLIMIT_NOFILE", 7L));

    private static final Map<String, Integer> ERRORS = Map.ofEntries(
            Map.entry("EPERM", 1),
            Map.entry("ENOENT", 2),
            Map.entry("EIO", 5),
            Map.entry("EBADF", 9),
            Map.entry("EAGAIN", 11),
            Map.entry("ENOMEM", 12),
            Map.entry("EACCES", 13),
            Map.entry("EINVAL", 22),
            Map.entry("ENOTTY", 25),
            Map.entry("ENOSYS", 38),
            Map.entry("EAFNOSUPPORT", 97));

    /// The process that reads the policy, as it sees itself: the one that is confined.
    private static final String OWN_PROCESS = "PID_SELF";

    private PolicyConstants() {}

    /// A value: a name, or a decimal, octal (`0…`) or hexadecimal (`0x…`) number.
    static OptionalLong value(String text) {
        @Nullable Long named = text.equals(OWN_PROCESS) ? Long.valueOf(ProcessHandle.current().pid()) : VALUES.get(text);
        return named != null ? OptionalLong.of(named) : number(text);
    }

    /// An error number: a name or a number from 1 to 4095.
    static OptionalLong error(String text) {
        @Nullable Integer named = ERRORS.get(text);
        OptionalLong number = named != null ? OptionalLong.of(named) : number(text);
        return number.isPresent() && number.getAsLong() > 0 && number.getAsLong() < 4096 ? number : OptionalLong.empty();
    }

    private static OptionalLong number(String text) {
        try {
            if (text.startsWith("-")) {
                return OptionalLong.of(Long.parseLong(text));
            }
            if (text.startsWith("0x")) {
                return OptionalLong.of(Long.parseUnsignedLong(text.substring(2), 16));
            }
            return OptionalLong.of(Long.parseUnsignedLong(text, text.length() > 1 && text.startsWith("0") ? 8 : 10));
        } catch (NumberFormatException malformed) {
            return OptionalLong.empty();
        }
    }
}
