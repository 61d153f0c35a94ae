package testudo.platform.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Errno;
import testudo.spi.host.HostHandle;

/// A terminal in raw mode. The earlier mode comes back at close, or by a shutdown hook, which the JVM also runs
/// for SIGTERM, SIGINT and SIGHUP.
final class RawTerminal implements HostHandle {
    private static final HostHandle NOTHING = () -> {};

    private final int descriptor;
    /// Lives as long as the process: the shutdown hook may need it at any time.
    private final MemorySegment before = Arena.global().allocate(Termios.LAYOUT);

    private final Thread hook = new Thread(this::restore, "restore-terminal");
    private boolean raw = true;

    private RawTerminal(int descriptor, MemorySegment mode) {
        this.descriptor = descriptor;
        before.copyFrom(mode);
    }

    /// Makes a terminal raw.
    /// @return a handle that does nothing when the descriptor is no terminal
    static HostHandle enter(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mode = arena.allocate(Termios.LAYOUT);
            if (Termios.read(descriptor, mode) < 0) {
                return NOTHING;
            }
            RawTerminal terminal = new RawTerminal(descriptor, mode);
            Runtime.getRuntime().addShutdownHook(terminal.hook);
            Termios.makeRaw(mode, true);
            Errno.check(Termios.write(descriptor, mode), "cannot make the terminal raw");
            return terminal;
        }
    }

    private synchronized void restore() {
        if (raw) {
            raw = false;
            Termios.write(descriptor, before);
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            hook.interrupt(); // too late to remove it; it finds nothing to do
        }
    }
}
