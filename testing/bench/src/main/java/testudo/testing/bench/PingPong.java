package testudo.testing.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;

/// One request after the other, each of [#MESSAGE_BYTES], to an [EchoServer]. A program of its own, because it runs in the guest's network namespace.
///
/// It does half of its requests, prints `warm`, waits for a line, and times the other half.
public final class PingPong {
    /// What goes each way.
    static final int MESSAGE_BYTES = 64;
    /// A datagram may be lost on its way: when it is sent again.
    private static final int PATIENCE_MILLIS = 1000;
    private static final int MOST_LOST = 10;

    private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    private long number;

    private PingPong() {}

    /// One request and its answer.
    private interface Exchange {
        void run() throws IOException;
    }

    /// Runs once.
    /// @param arguments `tcp` or `udp`, address, port, number of requests that are timed
    /// @throws IOException when the server does not answer, or answers something else
    public static void main(String[] arguments) throws IOException {
        run(arguments, System.in, System.out);
    }

    static void run(String[] arguments, InputStream in, PrintStream out) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getByName(arguments[1]), Integer.parseInt(arguments[2]));
        long[] nanos = new long[Integer.parseInt(arguments[3])];
        PingPong client = new PingPong();
        if ("tcp".equals(arguments[0])) {
            try (SocketChannel channel = SocketChannel.open(server)) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                client.measure(nanos, () -> client.overTcp(channel), in, out);
            }
        } else {
            try (DatagramChannel channel = DatagramChannel.open().connect(server)) {
                channel.socket().setSoTimeout(PATIENCE_MILLIS);
                client.measure(nanos, () -> client.overUdp(channel), in, out);
            }
        }
    }

    private void measure(long[] nanos, Exchange exchange, InputStream in, PrintStream out) throws IOException {
        for (int i = 0; i < nanos.length; i++) {
            exchange.run();
        }
        out.println("warm");
        if (in.read() < 0) {
            return;
        }
        long start = System.nanoTime();
        long last = start;
        for (int i = 0; i < nanos.length; i++) {
            exchange.run();
            long now = System.nanoTime();
            nanos[i] = now - last;
            last = now;
        }
        Arrays.sort(nanos);
        out.printf(Locale.ROOT, "%.3f %.3f %.3f%n", nanos.length * 1e9 / (last - start), nanos[nanos.length / 2] / 1e3,
                nanos[(int) (nanos.length * 99L / 100)] / 1e3);
    }

    private void nextRequest() {
        message.clear();
        message.putLong(0, ++number);
    }

    private void checkAnswer() throws IOException {
        if (message.getLong(0) != number) {
            throw new IOException("request %d was answered with %d".formatted(number, message.getLong(0)));
        }
    }

    private void overTcp(SocketChannel channel) throws IOException {
        nextRequest();
        while (message.hasRemaining()) {
            channel.write(message);
        }
        message.clear();
        while (message.hasRemaining()) {
            if (channel.read(message) < 0) {
                throw new EOFException("the connection was closed after request " + number);
            }
        }
        checkAnswer();
    }

    private void overUdp(DatagramChannel channel) throws IOException {
        byte[] bytes = new byte[MESSAGE_BYTES];
        DatagramPacket answer = new DatagramPacket(bytes, bytes.length);
        for (int lost = 0; lost < MOST_LOST; lost++) {
            nextRequest();
            channel.write(message);
            try {
                do {
                    channel.socket().receive(answer);
                    message.clear().put(bytes);
                } while (message.getLong(0) < number); // the answer to one that was given up
                checkAnswer();
                return;
            } catch (SocketTimeoutException e) {
                continue; // its time is in the figures
            }
        }
        throw new IOException("%d datagrams in a row were not answered".formatted(MOST_LOST));
    }

    /// Sends back what comes, over TCP (one connection at a time) and UDP, at one port of the host's loopback address.
    static final class EchoServer implements AutoCloseable {
        private final ServerSocketChannel listener = ServerSocketChannel.open();
        private final DatagramChannel datagrams = DatagramChannel.open();

        /// Starts it at a free port.
        EchoServer() throws IOException {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            datagrams.bind(listener.getLocalAddress());
            Thread.ofPlatform().daemon().name("echo-tcp").start(this::connections);
            Thread.ofPlatform().daemon().name("echo-udp").start(this::datagrams);
        }

        /// Where it listens.
        int port() throws IOException {
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        }

        private void connections() {
            ByteBuffer bytes = ByteBuffer.allocateDirect(1 << 16);
            while (listener.isOpen()) {
                try (SocketChannel client = listener.accept()) {
                    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    while (client.read(bytes.clear()) >= 0) {
                        bytes.flip();
                        while (bytes.hasRemaining()) {
                            client.write(bytes);
                        }
                    }
                } catch (IOException e) {
                    continue; // that client is gone, or the server is closed: the next turn of the loop tells
                }
            }
        }

        private void datagrams() {
            ByteBuffer bytes = ByteBuffer.allocateDirect(1 << 16);
            while (datagrams.isOpen()) {
                try {
                    SocketAddress client = datagrams.receive(bytes.clear());
                    datagrams.send(bytes.flip(), client);
                } catch (IOException e) {
                    continue; // a port that nobody has any more, or the server is closed
                }
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            datagrams.close();
        }
    }
}
