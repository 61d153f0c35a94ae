package testudo.platform.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostTerminals;

/// Standard streams, terminals and termination signals.
final class LinuxTerminals implements HostTerminals {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;

    @Override
    public HostFile standardInput() {
        return stream(STDIN, "standard input", Opening.O_RDONLY | Opening.O_NONBLOCK | Opening.O_NOCTTY);
    }

    @Override
    public HostFile standardOutput() {
        return stream(STDOUT, "standard output", Opening.O_WRONLY);
    }

    private static HostFile stream(int descriptor, String name, int flags) {
        Statx.Facts facts = Statx.of(descriptor);
        if (facts.error() < 0) {
            int nothing = (int) Errno.check(Opening.open("/dev/null", flags), "cannot open /dev/null for " + name);
            return new LinuxFile(nothing, name, Statx.CHARACTER, 1);
        }
        if ((flags & Opening.O_NONBLOCK) != 0 && (facts.type() == Statx.CHARACTER || facts.type() == Statx.FIFO)) {
            // An open file of our own, so that O_NONBLOCK does not reach the shell or our own standard output.
            int own = Opening.open("/proc/self/fd/" + descriptor, flags);
            if (own >= 0) {
                return new LinuxFile(own, name, facts.type(), 1);
            }
        }
        return new BorrowedStream(descriptor, name, facts.type());
    }

    @Override
    public boolean inputIsTerminal() {
        try (Arena arena = Arena.ofConfined()) {
            return Termios.read(STDIN, arena.allocate(Termios.LAYOUT)) == 0;
        }
    }

    @Override
    public HostHandle rawInput() {
        return RawTerminal.enter(STDIN);
    }

    @Override
    public PseudoTerminal newPseudoTerminal() {
        int flags = Opening.O_RDWR | Opening.O_NOCTTY;
        int host = (int) Errno.check(
                Opening.open("/dev/ptmx", flags | Opening.O_NONBLOCK), "cannot make a pseudo terminal");
        int number = Termios.unlockPseudoTerminal(host);
        String path = "/dev/pts/" + number;
        int user = number < 0 ? number : Opening.open(path, flags);
        if (user < 0) {
            new Descriptor(host).close();
            throw Errno.failure("cannot make a pseudo terminal", user);
        }
        try (Arena arena = Arena.ofConfined()) {
            // Raw, or what we write is echoed back as input.
            MemorySegment mode = arena.allocate(Termios.LAYOUT);
            if (Termios.read(user, mode) == 0) {
                Termios.makeRaw(mode, false);
                Termios.write(user, mode);
            }
        }
        return new Pty(new LinuxFile(host, path, Statx.CHARACTER, 1), new Descriptor(user), path);
    }

    @Override
    public void signalOnTermination(HostEvent event) {
        TerminationSignals.signal(event);
    }

    /// Both sides stay open: with the user's side closed, reads of ours would fail and polling would spin.
    private record Pty(HostFile stream, Descriptor user, String path) implements PseudoTerminal {
        @Override
        public void close() {
            stream.close();
            user.close();
        }
    }
}
