package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

    private Path output() {
        return directory.resolve("output");
    }

    private Path input() {
        return directory.resolve("input");
    }

    private void talk(String connection, String... options) throws Exception {
        Files.writeString(input(), TYPED);
        Path socket = directory.resolve("console.sock");
        CompletableFuture<RunResult> served = CompletableFuture.supplyAsync(() -> serve(connection, socket, options));
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

    private static RunResult serve(String connection, Path socket, String... options) {
        Providers providers = new Providers(
                List.of(TestMachine.HOST), List.of(), List.of(), List.of(new ConsoleProvider()), List.of(), List.of(),
                List.of(new HostBackends()), List.of());
        StandaloneDevice console = StandaloneDevices.all(providers).getFirst();
        List<OptionDeclaration<?>> declared = StandaloneDevices.options(console);
        ConfigurationBuilder builder = new ConfigurationBuilder(declared);
        builder.text(named(declared, connection), socket.toString());
        for (int i = 0; i < options.length; i += 2) {
            builder.text(named(declared, options[i]), options[i + 1]);
        }
        return StandaloneDevices.serve(console, builder.build(), providers);
    }

    private static OptionDeclaration<?> named(List<OptionDeclaration<?>> declared, String name) {
        return declared.stream().filter(option -> option.name().equals(name)).findFirst().orElseThrow();
    }
}
