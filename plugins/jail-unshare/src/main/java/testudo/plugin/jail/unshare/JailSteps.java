package testudo.plugin.jail.unshare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.confine.JailLimits;
import testudo.platform.linux.confine.JailTree;
import testudo.platform.linux.confine.StarterProgram;
import testudo.platform.linux.confine.StartupFilter;
import testudo.spi.VmmException;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.JailRequest.Network;

/// The calls that put a new process into a jail, in order. Sources of the numbers: `include/uapi/linux/{sched,mount,prctl,capability,seccomp}.h`.
final class JailSteps {
    static final String WHAT_TO_DO = "allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1,"
            + " kernel.apparmor_restrict_unprivileged_userns=0; in a container: its seccomp profile), use Linux 5.12 or newer,"
            + " or name another kind with --jail-kind; --disable-sandbox runs devices without one";

    private static final long CLONE_NEWNS = 0x0002_0000L;
    private static final long CLONE_NEWCGROUP = 0x0200_0000L;
    private static final long CLONE_NEWUTS = 0x0400_0000L;
    private static final long CLONE_NEWIPC = 0x0800_0000L;
    private static final long CLONE_NEWUSER = 0x1000_0000L;
    private static final long CLONE_NEWPID = 0x2000_0000L;
    private static final long CLONE_NEWNET = 0x4000_0000L;
    private static final long MS_NOSUID_NODEV = 2 | 4;
    private static final long MS_BIND_REC = 0x1000 | 0x4000;
    private static final long MS_REC_PRIVATE = 0x4000 | 0x4_0000;
    private static final long MNT_DETACH = 2;
    private static final long ATTR_RDONLY = 1;
    private static final long ATTR_NOSUID_NODEV = 2 | 4;
    private static final long ATTR_NOEXEC = 8;
    private static final long AT_RECURSIVE = 0x8000;
    private static final long AT_REMOVEDIR = 0x200;
    private static final int AT_FDCWD = -100;
    private static final int O_WRONLY_CLOEXEC = 0x8_0001;
    private static final int MODE_FILE = 0100444;
    private static final int MODE_FOLDER = 0555;
    private static final int NOBODY = 65534;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    /// No root, no set-uid fix-up, no ambient capabilities, all locked; no keeping of capabilities: `capabilities(7)`, "The securebits flags".
    private static final int SECUREBITS = 0xEF;
    private static final int CAPABILITY_VERSION = 0x2008_0522;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SIGKILL = 9;
    private static final String OLD_ROOT = "/.host";

    private final StarterProgram program;
    private final JailRequest request;
    private final JailTree tree;
    private final String jail;
    private int fork;

    JailSteps(StarterProgram program, JailRequest request, JailTree tree) {
        this.program = program;
        this.request = request;
        this.tree = tree;
        this.jail = "jail " + request.name() + ": cannot ";
    }

    /// Everything up to the filter; the program comes next.
    void build(int landlock) {
        namespaces();
        fork = program.fork(jail + "make process 1");
        emptyRoot();
        tree.entries().forEach(this::entry);
        closeRoot();
        JailLimits.apply(program, request);
        giveUp(landlock);
        filter();
    }

    /// What comes after the program: the supervisor's rows.
    void finish() {
        program.supervise(fork);
    }

    private void namespaces() {
        long network = request.network() == Network.NONE ? CLONE_NEWNET : 0;
        // Ids outside: who we are. setgroups must be denied before an unprivileged process may write gid_map, user_namespaces(7).
        long user = Syscall.call(SystemCall.GETEUID);
        long group = Syscall.call(SystemCall.GETEGID);
        program.attempt("setgroups", 0, 0);
        program.must(jail + "make namespaces", "unshare",
                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | network);
        write("setgroups", "deny");
        write("uid_map", "%d %d 1".formatted(inside(request.user().uid(), user), user));
        write("gid_map", "%d %d 1".formatted(inside(request.user().gid(), group), group));
    }

    private static long inside(int asked, long outside) {
        if (asked >= 0) {
            return asked;
        }
        return outside == 0 ? NOBODY : outside;
    }

    private void write(String file, String text) {
        int open = program.must(
                jail + "open /proc/self/" + file, "openat", AT_FDCWD, program.text("/proc/self/" + file), O_WRONLY_CLOEXEC, 0);
        int write = program.must(jail + "write '" + text + "' to " + file, "write", 0, program.text(text), text.length());
        program.pass(open, write, 0);
    }

    /// An empty file system becomes the root, the host's root hangs below it for now. `/proc` is only where it is mounted for a moment.
    private void emptyRoot() {
        long base = program.text(request.options().root().map(Path::toString).orElse("/proc"));
        program.must(jail + "make mounts private", "mount", 0, program.text("/"), 0, MS_REC_PRIVATE, 0);
        long tmpfs = program.text("tmpfs");
        program.must(jail + "mount an empty root", "mount", tmpfs, base, tmpfs, MS_NOSUID_NODEV, program.text("mode=0755,size=1m"));
        program.must(jail + "enter the new root", "chdir", base);
        program.must(jail + "make a folder", "mkdirat", AT_FDCWD, program.text("." + OLD_ROOT), 0700);
        program.must(jail + "change the root", "pivot_root", program.text("."), program.text("." + OLD_ROOT));
        program.must(jail + "enter the new root", "chdir", program.text("/"));
    }

    private void entry(Path path, JailTree.Entry entry) {
        long name = program.text(path.toString());
        switch (entry) {
            case JailTree.Entry.Folder() -> program.must(jail + "make " + path, "mkdirat", AT_FDCWD, name, MODE_FOLDER);
            case JailTree.Entry.Link(String target) ->
                program.must(jail + "link " + path, "symlinkat", program.text(target), AT_FDCWD, name);
            case JailTree.Entry.Bind(Access access, boolean folder, boolean exists) -> {
                if (folder && !exists) {
                    program.must(jail + "make " + path, "mkdirat", AT_FDCWD, name, MODE_FOLDER);
                } else if (!exists) {
                    program.must(jail + "make " + path, "mknodat", AT_FDCWD, name, MODE_FILE, 0);
                }
                program.must(jail + "show " + path, "mount", program.text(OLD_ROOT + path), name, 0, MS_BIND_REC, 0);
                long only = access == Access.READ ? ATTR_RDONLY : ATTR_NOEXEC;
                attributes("restrict " + path + " (Linux 5.12 or newer is needed)", name, AT_RECURSIVE, only);
            }
        }
    }

    /// `struct mount_attr`: set, clear, propagation, user namespace.
    private void attributes(String what, long path, long flags, long set) {
        long attributes = program.words(set | ATTR_NOSUID_NODEV, 0, 0, 0);
        program.must(jail + what, "mount_setattr", AT_FDCWD, path, flags, attributes, 4 * Long.BYTES);
    }

    private void closeRoot() {
        program.must(jail + "let the host's root go", "umount2", program.text(OLD_ROOT), MNT_DETACH);
        program.must(jail + "remove a folder", "unlinkat", AT_FDCWD, program.text(OLD_ROOT), AT_REMOVEDIR);
        attributes("make the root read-only (Linux 5.12 or newer is needed)", program.text("/"), 0, ATTR_RDONLY);
        program.must(jail + "set the host name", "sethostname", program.text(request.name()), request.name().length());
        program.must(jail + "leave the session", "setsid");
    }

    private void giveUp(int landlock) {
        for (int capability = 0; capability <= lastCapability(); capability++) {
            program.must(jail + "drop capability " + capability, "prctl", PR_CAPBSET_DROP, capability);
        }
        program.must(jail + "lock the secure bits", "prctl", PR_SET_SECUREBITS, SECUREBITS);
        program.must(jail + "drop ambient capabilities", "prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
        program.must(jail + "drop capabilities", "capset", program.words(CAPABILITY_VERSION), program.words(0, 0, 0));
        // Only now: a change of capabilities clears it, prctl(2).
        program.must(jail + "follow the supervisor's end", "prctl", PR_SET_PDEATHSIG, SIGKILL);
        program.must(jail + "give up new privileges", "prctl", PR_SET_NO_NEW_PRIVS, 1);
        if (landlock >= 0) {
            program.must(jail + "enter Landlock", "landlock_restrict_self", landlock, 0);
            program.must(jail + "close the rule set", "close", landlock);
        }
    }

    private static int lastCapability() {
        // One read: the kernel gives such a file once, and Files.readString() begins with a single byte.
        byte[] text = new byte[16];
        try (InputStream in = Files.newInputStream(Path.of("/proc/sys/kernel/cap_last_cap"))) {
            return Integer.parseInt(new String(text, 0, Math.max(0, in.read(text)), StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException failure) {
            throw new VmmException.Host(
                    VmmException.Kind.IO, "cannot read /proc/sys/kernel/cap_last_cap; mount /proc to run devices in jails", failure);
        }
    }

    private void filter() {
        long[] instructions = StartupFilter.instructions(request.options().policyDirectory());
        ByteBuffer fprog = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fprog.putLong(instructions.length).putLong(program.words(instructions));
        program.must(jail + "filter system calls", "seccomp", SECCOMP_SET_MODE_FILTER, 0, program.bytes(fprog.array()));
    }
}
