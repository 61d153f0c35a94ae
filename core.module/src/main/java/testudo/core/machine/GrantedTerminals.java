package testudo.core.machine;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostTerminals;

/// The terminals of a device process: its standard streams are those that it was given, and their modes are the machine's business.
/// @param host the platform
/// @param pseudoTerminal the one that it may have: its path, and where its host's side is
record GrantedTerminals(HostPlatform host, Optional<Map.Entry<String, Path>> pseudoTerminal) implements HostTerminals {
    private static final HostHandle MODE_OF_THE_MACHINE = () -> {};

    @Override
    public HostFile standardInput() {
        return host.terminals().standardInput();
    }

    @Override
    public HostFile standardOutput() {
        return host.terminals().standardOutput();
    }

    @Override
    public boolean inputIsTerminal() {
        return host.terminals().inputIsTerminal();
    }

    @Override
    public HostHandle rawInput() {
        return MODE_OF_THE_MACHINE;
    }

    @Override
    public PseudoTerminal newPseudoTerminal() {
        Map.Entry<String, Path> made = pseudoTerminal.orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.DENIED, "a device in a jail makes no pseudo terminals that it was not granted"));
        HostFile stream = host.files().open(made.getValue(), EnumSet.of(Mode.READ, Mode.WRITE, Mode.NONBLOCK));
        return new Inherited(stream, made.getKey());
    }

    @Override
    public void signalOnTermination(HostEvent event) {
        host.terminals().signalOnTermination(event);
    }

    /// The host's side; the machine keeps the user's side open.
    private record Inherited(HostFile stream, String path) implements PseudoTerminal {
        @Override
        public void close() {
            stream.close();
        }
    }
}
