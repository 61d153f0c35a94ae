package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import testudo.core.machine.Providers;
import testudo.core.machine.RunResult;
import testudo.core.machine.StandaloneDevices;
import testudo.core.option.ConfigurationBuilder;
import testudo.plugin.serial.backends.HostBackends;
import testudo.plugin.virtio.console.ConsoleProvider;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.OptionDeclaration;
import testudo.testing.machine.GuestPci.Mechanism;
import testudo.testing.machine.GuestQueue.Buffer;

/// `testudo device console`: a guest of one machine talks through a console that is served beside it.
@Timeout(120)
class StandaloneConsoleTest {
    private static final long RECEIVE = 0x40_0000;
    private static final long TRANSMIT = 0x41_0000;
    private static final long DATA = 0x60_0000;
    private static final String SAID = "said by the guest";
    private static final String TYPED = "typed by the user";

    @TempDir Path directory;

    @Test
    void filesBehindTheNewName() throws Exception {
        talk("socket-path", "output-file", output().toString(), "input-file", input().toString());
    }

    @Test
    void filesBehindTheOldName() throws Exception {
        talk("socket", "output-file", output().toString(), "input-file", input().toString());
    }

    @Test
    void aPortOfTheSerialGrammar() throws Exception {
        talk("socket-path", "port", "type=file,hardware=virtio-console,path=%s,input=%s".formatted(output(), input()));
    }

    /// As a supervisor hands it over: a descriptor of a connection that it has accepted.
    @Test
    void aConnectionThatWasInherited() throws Exception {
        Path socket = directory.resolve("console.sock");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            talk(socket, () -> {
                try (SocketChannel connection = listener.accept()) {
                    String descriptor = descriptorOfAccepted(connection.getLocalAddress().toString());
                    return serve("fd", descriptor, "output-file", output().toString(), "input-file", input().toString());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /// An accepted socket has its listener's path; it is connected, the listener (state 1) is not.
    private static String descriptorOfAccepted(String socket) throws IOException {
        String inode = Files.readAllLines(Path.of("/proc/net/unix")).stream()
                .filter(line -> line.endsWith(" " + socket))
                .map(line -> line.strip().split("\\s+", -1))
                .filter(fields -> fields[5].equals("03"))
                .map(fields -> fields[6])
                .findFirst().orElseThrow();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : open) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).toString().equals("socket:[" + inode + "]")) {
                    return descriptor.getFileName().toString();
                }
            }
        }
        throw new IOException("no descriptor of " + socket);
    }

    private Path output() {
        return directory.resolve("output");
    }

    private Path input() {
        return directory.resolve("input");
    }

    private void talk(String connection, String... options) throws Exception {
        Path socket = directory.resolve("console.sock");
        talk(socket, () -> serve(connection, socket.toString(), options));
    }

    private void talk(Path socket, Supplier<RunResult> server) throws Exception {
        Files.writeString(input(), TYPED);
        CompletableFuture<RunResult> served = CompletableFuture.supplyAsync(server);
        new TestMachine(directory)
                .with(new ConsoleProvider())
                .option("vhost-user", "console,socket=" + socket)
                .option("vhost-user-connect-timeout-ms", "60000")
                .run(StandaloneConsoleTest::converse);

        assertEquals(RunResult.EXIT, served.join(), "it ends with its front-end");
        assertEquals(SAID, Files.readString(output()));
    }

    private static void converse(GuestCpu cpu) throws InterruptedException {
        GuestVirtio console = new GuestVirtio(cpu, new GuestPci(cpu, Mechanism.ECAM), GuestVirtio.CONSOLE);
        console.negotiate(GuestVirtio.VERSION_1);
        GuestQueue receive = console.queue(0, 16, RECEIVE);
        GuestQueue transmit = console.queue(1, 16, TRANSMIT);
        console.ready();
        cpu.memory().write(DATA, SAID.getBytes(StandardCharsets.US_ASCII));
        transmit.request(new Buffer(DATA, SAID.length(), false));
        StringBuilder heard = new StringBuilder();
        while (heard.length() < TYPED.length()) {
            int got = (int) receive.request(new Buffer(DATA, 64, true));
            heard.append(new String(cpu.memory().read(DATA, got), StandardCharsets.US_ASCII));
        }
        assertEquals(TYPED, heard.toString());
        Guest.powerOff(cpu);
    }

    private static RunResult serve(String connection, String where, String... options) {
        Providers providers = new Providers(
                List.of(TestMachine.HOST), List.of(), List.of(), List.of(new ConsoleProvider()), List.of(), List.of(),
                List.of(new HostBackends()), List.of());
        StandaloneDevice console = StandaloneDevices.all(providers).getFirst();
        List<OptionDeclaration<?>> declared = StandaloneDevices.options(console);
        ConfigurationBuilder builder = new ConfigurationBuilder(declared);
        builder.text(named(declared, connection), where);
        for (int i = 0; i < options.length; i += 2) {
            builder.text(named(declared, options[i]), options[i + 1]);
        }
        return StandaloneDevices.serve(console, builder.build(), providers);
    }

    private static OptionDeclaration<?> named(List<OptionDeclaration<?>> declared, String name) {
        return declared.stream().filter(option -> option.name().equals(name)).findFirst().orElseThrow();
    }
}
