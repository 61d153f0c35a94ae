package testudo.testing.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests and answers over the loopback device, with nothing between client and server.
class PingPongTest {
    private static final String LOOPBACK = InetAddress.getLoopbackAddress().getHostAddress();

    private static String[] run(String protocol, int port) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        InputStream line = new ByteArrayInputStream(new byte[]{'\n'});
        PingPong.run(new String[]{protocol, LOOPBACK, Integer.toString(port), "100"}, line,
                new PrintStream(printed, true, StandardCharsets.UTF_8));
        return printed.toString(StandardCharsets.UTF_8).lines().toArray(String[]::new);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp"})
    void printsRateMedianAndTail(String protocol) throws IOException {
        try (PingPong.EchoServer server = new PingPong.EchoServer()) {
            for (int i = 0; i < 2; i++) { // the server takes one client after the other
                String[] lines = run(protocol, server.port());
                assertEquals(2, lines.length);
                assertEquals("warm", lines[0]);
                String[] figures = lines[1].split(" ", -1);
                assertEquals(3, figures.length);
                assertTrue(Double.parseDouble(figures[0]) > 0, lines[1]);
                assertTrue(Double.parseDouble(figures[1]) > 0, lines[1]);
                assertTrue(Double.parseDouble(figures[2]) >= Double.parseDouble(figures[1]), lines[1]);
            }
        }
    }

    @Test
    void aWrongAnswerIsNotATiming() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread liar = Thread.ofPlatform().daemon().start(() -> {
                try (var client = server.accept()) {
                    client.getInputStream().readNBytes(PingPong.MESSAGE_BYTES);
                    client.getOutputStream().write(new byte[PingPong.MESSAGE_BYTES]);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            IOException failure = assertThrows(IOException.class, () -> run("tcp", server.getLocalPort()));
            assertEquals("request 1 was answered with 0", failure.getMessage());
            liar.join();
        }
    }
}
