package testudo.platform.linux.confine;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest.Network;

/// Landlock, a second wall around files, TCP ports, abstract sockets and signals. Source: `include/uapi/linux/landlock.h`,
/// `Documentation/userspace-api/landlock.rst`.
public final class Landlock {
    private static final int CREATE_VERSION = 1;
    private static final int RULE_PATH_BENEATH = 1;
    private static final int O_PATH = 0x20_0000;
    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 2;
    private static final long READ_FILE = 4;
    private static final long READ_DIR = 8;
    private static final long TRUNCATE = 1 << 14;
    private static final long MAKE_AND_REMOVE = 0x1FF0; // remove and make: directories, files, sockets, pipes, devices, links
    private static final long FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
    private static final long NET_TCP = 3; // bind, connect
    private static final long SCOPES = 3; // abstract sockets, signals
    private static final int RULESET_BYTES = 24;
    private static final int RULE_BYTES = 12;
    private static final int VERSION_REFER = 2;
    private static final int VERSION_TRUNCATE = 3;
    private static final int VERSION_NETWORK = 4;
    private static final int VERSION_IOCTL = 5;
    private static final int VERSION_SCOPES = 6;

    private Landlock() {}

    /// What the kernel has.
    /// @return its version of the interface, 0 when Landlock is missing or switched off
    public static int version() {
        return (int) Math.max(0, Syscall.call(SystemCall.LANDLOCK_CREATE_RULESET, 0, 0, CREATE_VERSION));
    }

    /// Makes a rule set: everything is denied but these files. A process takes it with `landlock_restrict_self`.
    /// @param files real paths of this process
    /// @param network which network the process may use
    /// @return a descriptor; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static Descriptor ruleset(Map<Path, Access> files, Network network) {
        int version = version();
        long handled = handled(version);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(RULESET_BYTES, Long.BYTES);
            attributes.set(JAVA_LONG, 0, handled);
            boolean closed = network == Network.NONE;
            attributes.set(JAVA_LONG, 8, closed && version >= VERSION_NETWORK ? NET_TCP : 0);
            attributes.set(JAVA_LONG, 16, closed && version >= VERSION_SCOPES ? SCOPES : 0);
            Descriptor ruleset = new Descriptor((int) Errno.check(
                    Syscall.call(SystemCall.LANDLOCK_CREATE_RULESET, attributes.address(), RULESET_BYTES, 0),
                    "cannot make a Landlock rule set"));
            try {
                files.forEach((path, access) -> allow(ruleset, path, rights(path, access) & handled));
                return ruleset;
            } catch (RuntimeException failure) {
                ruleset.close();
                throw failure;
            }
        }
    }

    /// Every right that a version knows: bits 0 to 12, and one more with each of the versions 2, 3 and 5.
    static long handled(int version) {
        long rights = (1L << 13) - 1;
        rights |= version >= VERSION_REFER ? 1L << 13 : 0;
        rights |= version >= VERSION_TRUNCATE ? TRUNCATE : 0;
        return rights | (version >= VERSION_IOCTL ? 1L << 15 : 0);
    }

    private static long rights(Path path, Access access) {
        long rights = switch (access) {
            case READ -> EXECUTE | READ_FILE | READ_DIR;
            case WRITE -> READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_AND_REMOVE;
        };
        return Files.isDirectory(path) ? rights : rights & FILE_ONLY;
    }

    /// `struct landlock_path_beneath_attr`, packed: `__u64 allowed_access; __s32 parent_fd`.
    private static void allow(Descriptor ruleset, Path path, long rights) {
        String what = "cannot allow " + path + " by Landlock";
        try (Arena arena = Arena.ofConfined();
                Descriptor file = new Descriptor((int) Errno.check(Opening.open(path.toString(), O_PATH), what))) {
            MemorySegment rule = arena.allocate(RULE_BYTES, Long.BYTES);
            rule.set(JAVA_LONG, 0, rights);
            rule.set(JAVA_INT, 8, file.descriptor());
            Errno.check(
                    Syscall.call(
                            SystemCall.LANDLOCK_ADD_RULE, ruleset.descriptor(), RULE_PATH_BENEATH, rule.address(), 0),
                    what);
        }
    }
}
