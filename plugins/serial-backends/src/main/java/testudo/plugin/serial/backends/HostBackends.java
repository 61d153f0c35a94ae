package testudo.plugin.serial.backends;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.serial.SerialBackendProvider;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;

/// Opens ports of the types that need nothing but the host platform.
public final class HostBackends implements SerialBackendProvider {
    private static final HostHandle NO_MODE = () -> {};

    /// For [java.util.ServiceLoader].
    public HostBackends() {}

    @Override
    public Set<String> types() {
        return Set.of("stdout", "sink", "syslog", "file", "unix", "unix-stream", "pty");
    }

    @Override
    public SerialPort open(SerialOptions options, HostPlatform host, EventLoop loop) {
        return open(options, host, loop, Optional.empty());
    }

    @Override
    public SerialPort open(SerialOptions options, HostPlatform host, EventLoop loop, MachineServices machine) {
        return open(options, host, loop, Optional.of(new EscapeFilter(() -> machine.event(MachineServices.MachineEvent.EXIT, 0))));
    }

    private static SerialPort open(SerialOptions options, HostPlatform host, EventLoop loop, Optional<EscapeFilter> escape) {
        check(options);
        return switch (options.type()) {
            case "unix" -> socket(options, host, loop, HostSockets.Kind.DATAGRAM, escape);
            case "unix-stream" -> socket(options, host, loop, HostSockets.Kind.STREAM, escape);
            case "pty" -> pseudoTerminal(options, host, loop);
            default -> simple(options, host, loop, escape);
        };
    }

    private static void check(SerialOptions options) {
        boolean needsPath = Set.of("file", "unix", "unix-stream").contains(options.type());
        if (needsPath && options.path().isEmpty()) {
            throw new VmmException.Config("type=%s needs path [%s]; add path=PATH".formatted(options.type(), name(options)));
        }
        if (options.inputUnixStream() && !options.type().equals("unix-stream")) {
            throw new VmmException.Config("input-unix-stream needs type=unix-stream, not %s [%s]".formatted(options.type(), name(options)));
        }
    }

    private static String name(SerialOptions options) {
        return "%s %d".formatted(options.hardware(), options.num());
    }

    private static SerialPort simple(SerialOptions options, HostPlatform host, EventLoop loop, Optional<EscapeFilter> escape) {
        // Input first: when it can't be opened, nothing else is.
        Optional<PortInput> input = input(options, host, loop, escape);
        try {
            PortOutput output = switch (options.type()) {
                case "stdout" -> new BufferedOutput(
                        name(options), new PatientStream(host.terminals().standardOutput(), host), host, loop);
                case "syslog" -> new LineLog(name(options), host.events());
                case "file" -> new BufferedOutput(name(options), ByteStream.of(outputFile(options, host)), host, loop);
                default -> PortOutput.NONE;
            };
            return new StreamPort(output, input);
        } catch (RuntimeException failure) {
            input.ifPresent(PortInput::close);
            throw failure;
        }
    }

    private static HostFile outputFile(SerialOptions options, HostPlatform host) {
        return host.files().open(
                options.path().orElseThrow(), EnumSet.of(Mode.WRITE, Mode.CREATE, Mode.APPEND, Mode.NONBLOCK));
    }

    private static Optional<PortInput> input(SerialOptions options, HostPlatform host, EventLoop loop, Optional<EscapeFilter> escape) {
        if (options.input().isPresent()) {
            Path path = options.input().get();
            // With a writer of its own a named pipe has no end when the first writer leaves (fifo(7)).
            Set<Mode> modes = isStream(path) ? EnumSet.of(Mode.READ, Mode.WRITE, Mode.NONBLOCK) : EnumSet.of(Mode.READ);
            return Optional.of(new PortInput(ByteStream.of(host.files().open(path, modes)), NO_MODE));
        }
        if (!options.stdin()) {
            return Optional.empty();
        }
        HostTerminals terminals = host.terminals();
        HostFile keyboard = terminals.standardInput();
        ByteStream stream = ByteStream.of(keyboard);
        if (!terminals.inputIsTerminal()) {
            return Optional.of(new PortInput(stream, NO_MODE));
        }
        return Optional.of(new PortInput(
                escape.isPresent() ? new TypedInput(stream, keyboard, escape.get(), host, loop) : stream, terminals.rawInput()));
    }

    private static boolean isStream(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).isOther();
        } catch (IOException missing) {
            // Opening it reports what is wrong, with its errno.
            return false;
        }
    }

    private static SerialPort socket(
            SerialOptions options, HostPlatform host, EventLoop loop, HostSockets.Kind kind, Optional<EscapeFilter> escape) {
        ConnectingSocket socket = new ConnectingSocket(options.path().orElseThrow(), kind, host);
        if (options.inputUnixStream()) {
            // Who wants input of a peer that is not there would never get any.
            socket.connect();
        }
        Optional<PortInput> input = options.inputUnixStream()
                ? Optional.of(new PortInput(socket, NO_MODE))
                : input(options, host, loop, escape);
        return new StreamPort(new BufferedOutput(name(options), socket, host, loop), input);
    }

    private static SerialPort pseudoTerminal(SerialOptions options, HostPlatform host, EventLoop loop) {
        HostTerminals.PseudoTerminal terminal = host.terminals().newPseudoTerminal();
        try (Arena arena = Arena.ofConfined()) {
            byte[] line = "%s: %s\n".formatted(name(options), terminal.path()).getBytes(StandardCharsets.UTF_8);
            host.terminals().standardOutput().write(-1, arena.allocateFrom(ValueLayout.JAVA_BYTE, line), 0, line.length);
        }
        ByteStream stream = ByteStream.of(terminal.stream());
        return new StreamPort(
                new BufferedOutput(name(options), stream, host, loop),
                Optional.of(new PortInput(stream, terminal)));
    }
}
