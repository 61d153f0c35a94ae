package testudo.platform.linux.confine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;

/// Files without a name, `memfd_create(2)`, that hold some bytes for another program to read or run.
public final class MemoryFile {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_NOEXEC_SEAL = 8;
    private static final int MFD_EXEC = 0x10;
    private static final int TEXT_BYTES = 4096;

    private MemoryFile() {}

    /// A file to run. Read-only: a file that is open for writing can't be run.
    /// @param name for `/proc`
    /// @param content its bytes
    /// @return a descriptor; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static Descriptor executable(String name, byte[] content) {
        return of(name, content, MFD_EXEC);
    }

    /// A file to read, at its start.
    /// @param name for `/proc`
    /// @param content its bytes
    /// @return a descriptor; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static Descriptor readable(String name, byte[] content) {
        return of(name, content, MFD_NOEXEC_SEAL);
    }

    /// An empty file to write and read.
    /// @param name for `/proc`
    /// @return a descriptor; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static Descriptor empty(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return new Descriptor((int) Errno.check(
                    Syscall.call(SystemCall.MEMFD_CREATE, arena.allocateFrom(name).address(), MFD_CLOEXEC),
                    "cannot make the memory file " + name));
        }
    }

    /// The first 4 KiB of a file.
    /// @param file open for reading
    /// @return text
    /// @throws testudo.spi.VmmException.Host when it can't be read
    public static String text(Descriptor file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(TEXT_BYTES);
            long length = Errno.check(
                    Syscall.call(SystemCall.PREAD64, file.descriptor(), bytes.address(), TEXT_BYTES, 0), "cannot read a memory file");
            return new String(bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    private static Descriptor of(String name, byte[] content, int kind) {
        String what = "cannot make the memory file " + name;
        try (Arena arena = Arena.ofConfined()) {
            long label = arena.allocateFrom(name).address();
            long result = Syscall.call(SystemCall.MEMFD_CREATE, label, MFD_CLOEXEC | kind);
            if (result == -Errno.EINVAL) { // before Linux 6.3, where every such file can be run
                result = Syscall.call(SystemCall.MEMFD_CREATE, label, MFD_CLOEXEC);
            }
            try (Descriptor writer = new Descriptor((int) Errno.check(result, what))) {
                MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
                long done = 0;
                while (done < content.length) {
                    done += Errno.check(
                            Syscall.call(
                                    SystemCall.PWRITE64, writer.descriptor(), bytes.address() + done, content.length - done, done),
                            what);
                }
                return new Descriptor((int) Errno.check(
                        Opening.open("/proc/self/fd/" + writer.descriptor(), Opening.O_RDONLY), what));
            }
        }
    }
}
