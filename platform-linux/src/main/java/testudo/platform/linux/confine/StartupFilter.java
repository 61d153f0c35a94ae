package testudo.platform.linux.confine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/// The filter that a jailed process starts with: wide enough for a Java runtime to start, shut for what no device needs.
public final class StartupFilter {
    private static final String NAME = "startup";

    private StartupFilter() {}

    /// Compiles it.
    /// @param directory where a `startup.policy` of the user's may lie
    /// @return `struct sock_filter` values
    /// @throws testudo.spi.VmmException.Config with every problem found
    public static long[] instructions(Optional<Path> directory) {
        Machine machine = Machine.current();
        return FilterCompiler.compile(PolicyParser.parse(PolicyParser.builtIn(NAME), directory, machine), machine);
    }

    /// Compiles it.
    /// @param directory as for [#instructions]
    /// @return the program as `bwrap --seccomp` and `minijail0 --seccomp-bpf-binary` read it: an array of `struct sock_filter`
    /// @throws testudo.spi.VmmException.Config with every problem found
    public static byte[] bytes(Optional<Path> directory) {
        long[] instructions = instructions(directory);
        ByteBuffer buffer = ByteBuffer.allocate(instructions.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(instructions);
        return buffer.array();
    }
}
