package testudo.plugin.serial.backends;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.Availability;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;

/// The real host, with other standard streams than those of the test run: files that the test names.
final class TestHost implements HostPlatform, HostTerminals {
    private final HostPlatform linux = new LinuxPlatform();
    private final Path output;
    private final Path input;
    private final boolean terminal;
    private Optional<HostSockets> sockets = Optional.empty();
    int rawModes;

    /// Makes a host.
    /// @param output standard output
    /// @param input standard input
    /// @param terminal whether standard input is one
    TestHost(Path output, Path input, boolean terminal) {
        this.output = output;
        this.input = input;
        this.terminal = terminal;
    }

    TestHost withSockets(HostSockets others) {
        sockets = Optional.of(others);
        return this;
    }

    @Override
    public HostFile standardInput() {
        return linux.files().open(input, EnumSet.of(Mode.READ, Mode.NONBLOCK));
    }

    @Override
    public HostFile standardOutput() {
        return linux.files().open(output, EnumSet.of(Mode.WRITE, Mode.CREATE, Mode.APPEND, Mode.NONBLOCK));
    }

    @Override
    public boolean inputIsTerminal() {
        return terminal;
    }

    @Override
    public HostHandle rawInput() {
        rawModes++;
        return () -> rawModes--;
    }

    @Override
    public PseudoTerminal newPseudoTerminal() {
        return linux.terminals().newPseudoTerminal();
    }

    @Override
    public void signalOnTermination(HostEvent event) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String id() {
        return linux.id();
    }

    @Override
    public Availability probe() {
        return linux.probe();
    }

    @Override
    public HostMemory memory() {
        return linux.memory();
    }

    @Override
    public HostFiles files() {
        return linux.files();
    }

    @Override
    public HostEvents events() {
        return linux.events();
    }

    @Override
    public HostSockets sockets() {
        return sockets.orElse(linux.sockets());
    }

    @Override
    public HostTerminals terminals() {
        return this;
    }

    @Override
    public EntropySource entropy() {
        return linux.entropy();
    }
}
