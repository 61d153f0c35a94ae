package testudo.testing.jail;

import static testudo.testing.jail.Kernel.text;
import static testudo.testing.jail.Kernel.words;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/// What no device process may do: more than forty attempts, each harmless where it succeeds.
///
/// An attempt "gets through" when the kernel let it past its permission checks: it succeeded, or it failed for a reason that only comes after them.
final class ForbiddenThings {
    private static final int AT_FDCWD = -100;

    private final Map<String, Attempt> attempts = new LinkedHashMap<>();

    /// @param victim a process of the same user outside
    /// @param address something readable and writable in its memory
    /// @param port a TCP port that listens on 127.0.0.1
    /// @param socket the path of a listening unix socket
    /// @param folder a writable folder outside, with an empty executable file `program`
    ForbiddenThings(long victim, long address, int port, String socket, String folder) {
        files(victim, folder);
        sockets(port, socket);
        processes(victim, address, folder);
        kernel();
        privileges();
    }

    /// @param call does it
    /// @param through whether a result means that it got through
    record Attempt(LongSupplier call, LongPredicate through) {}

    Map<String, Attempt> attempts() {
        return attempts;
    }

    private void works(String name, String call, long... arguments) {
        attempts.put(name, new Attempt(() -> Kernel.call(call, arguments), result -> result >= 0));
    }

    /// Gets through with this error: the arguments are wrong on purpose.
    private void reaches(String name, int errno, String call, long... arguments) {
        attempts.put(name, new Attempt(() -> Kernel.call(call, arguments), result -> result >= 0 || result == -errno));
    }

    private void files(long victim, String folder) {
        works("open /etc/passwd", "openat", AT_FDCWD, text("/etc/passwd"), 0);
        works("write /etc/passwd", "openat", AT_FDCWD, text("/etc/passwd"), 1);
        works("list /etc", "openat", AT_FDCWD, text("/etc"), 0x10000);
        works("make a file", "openat", AT_FDCWD, text(folder + "/made"), 0x41, 0600);
        works("open /dev/null", "openat", AT_FDCWD, text("/dev/null"), 2);
        works("read the parent's memory file", "openat", AT_FDCWD, text("/proc/" + victim + "/mem"), 0);
        works("read the parent's environment", "openat", AT_FDCWD, text("/proc/" + victim + "/environ"), 0);
        works("open /sys", "openat", AT_FDCWD, text("/sys/kernel"), 0x10000);
        works("mknod", "mknodat", AT_FDCWD, text(folder + "/null"), 020600, 0x103);
        works("mkdir", "mkdirat", AT_FDCWD, text(folder + "/folder"), 0700);
        works("symlink", "symlinkat", text("/"), AT_FDCWD, text(folder + "/link"));
        reaches("open_by_handle_at", 14, "open_by_handle_at", AT_FDCWD, 0, 0);
        works("inotify", "inotify_init1", 0);
        works("fanotify", "fanotify_init", 0, 0);
    }

    private void sockets(int port, String socket) {
        long inet = words(2 | Integer.toUnsignedLong(Integer.reverseBytes(port)) >>> 16 << 16 | 0x0100007FL << 32, 0);
        attempts.put("connect TCP", connect(2, inet, 16));
        attempts.put("connect to a unix socket", connect(1, unix(socket), socket.length() + 3));
        attempts.put("connect to an abstract socket", connect(1, unix("\0" + socket), socket.length() + 3));
        works("raw socket", "socket", 2, 3, 1);
        works("packet socket", "socket", 17, 3, 0);
        works("netlink socket", "socket", 16, 3, 0);
    }

    private static Attempt connect(int family, long address, int length) {
        return new Attempt(() -> {
            long descriptor = Kernel.call("socket", family, 1, 0);
            return descriptor < 0 ? descriptor : Kernel.call("connect", descriptor, address, length);
        }, result -> result >= 0);
    }

    private static long unix(String path) {
        byte[] name = path.getBytes(StandardCharsets.ISO_8859_1);
        byte[] address = new byte[112];
        address[0] = 1;
        System.arraycopy(name, 0, address, 2, name.length);
        long[] longs = new long[14];
        ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(longs);
        return words(longs);
    }

    private void processes(long victim, long address, String folder) {
        works("ptrace", "ptrace", 0x4206, victim, 0, 0);
        works("process_vm_readv", "process_vm_readv", victim, words(Kernel.room(8), 8), 1, words(address, 8), 1, 0);
        works("process_vm_writev", "process_vm_writev", victim, words(words(0), 8), 1, words(address, 8), 1, 0);
        works("kill", "kill", victim, 0);
        works("tgkill", "tgkill", victim, victim, 0);
        works("pidfd_open", "pidfd_open", victim, 0);
        works("kcmp", "kcmp", victim, victim, 2, 0, 0);
        works("prlimit of another", "prlimit64", victim, 7, 0, Kernel.room(16));
        works("setpriority of another", "setpriority", 0, victim, 0);
        works("sched_setaffinity of another", "sched_setaffinity", victim, 8, words(-1));
        reaches("execve", 8, "execve", text(folder + "/program"), words(0), words(0));
        reaches("clone a process in new namespaces", 22, "clone", 0x200 | 0x20000, 0, 0, 0, 0);
        reaches("unshare user namespace", 22, "unshare", 0x10000000);
        works("unshare host name", "unshare", 0x04000000);
        reaches("setns", 9, "setns", -1, 0);
        works("personality", "personality", 0xFFFFFFFFL);
    }

    private void kernel() {
        works("keyctl", "keyctl", 0, -3, 1);
        works("add_key", "add_key", text("user"), text("testudo"), text("x"), 1, -2);
        works("request_key", "keyctl", 1, text("testudo"), 0, 0);
        reaches("bpf", 2, "bpf", 11, words(0, 0, 0, 0), 16);
        works("userfaultfd", "userfaultfd", 0x80000);
        reaches("perf_event_open", 2, "perf_event_open", words(0x70_0000_0001L, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, -1, -1, 0);
        reaches("load a module", 9, "finit_module", -1, text(""), 0);
        reaches("unload a module", 2, "delete_module", text("testudo_none"), 0x800);
        reaches("kexec", 22, "kexec_load", 0, 0, 0, 0xFFFF_FFFFL);
        works("syslog", "syslog", 10, 0, 0);
        attempts.put("shared memory of System V", new Attempt(() -> {
            long id = Kernel.call("shmget", 0, 4096, 0600);
            return id < 0 ? id : Kernel.call("shmctl", id, 0, 0);
        }, result -> result >= 0));
    }

    private void privileges() {
        reaches("mount", 19, "mount", text("none"), text("/"), text("nosuchtype"), 0, 0);
        works("fsopen", "fsopen", text("tmpfs"), 0);
        works("open_tree", "open_tree", AT_FDCWD, text("/"), 1);
        attempts.put("pivot_root", new Attempt(
                () -> Kernel.call("pivot_root", text("."), text(".")), result -> result == -22 || result == -16));
        works("chroot", "chroot", text("/"));
        reaches("swapon", 2, "swapon", text("/testudo-none"), 0);
        reaches("reboot", 22, "reboot", 1, 2, 3, 0);
        works("settimeofday", "settimeofday", 0, 0);
        reaches("sethostname", 22, "sethostname", text("x"), 1 << 20);
        works("setuid", "setuid", 0);
        works("setresgid", "setresgid", 0, 0, 0);
        works("setgroups", "setgroups", 0, 0);
        works("acct", "acct", 0);
        works("iopl", "iopl", 3);
    }
}
