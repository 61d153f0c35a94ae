package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.testing.driver.MemorySource;

/// Sockets in memory that echo what they are sent, or take nothing.
final class FakeSockets implements HostSockets {
    final List<Path> connected = new ArrayList<>();
    final List<Socket> open = new ArrayList<>();
    final ArrayDeque<LocalSocket> clients = new ArrayDeque<>();
    boolean refuses;

    static final class Socket extends MemorySource implements LocalSocket {
        final ArrayDeque<Byte> input = new ArrayDeque<>();
        final ArrayDeque<Byte> output = new ArrayDeque<>();
        boolean echoes;
        boolean stuck;
        boolean ended;
        boolean closed;

        @Override
        public int ready() {
            return (input.isEmpty() && !ended ? 0 : Poller.READABLE) | (stuck ? 0 : Poller.WRITABLE);
        }

        @Override
        public long receive(MemorySegment to, long offset, long lengthBytes) {
            long done = 0;
            while (done < lengthBytes && !input.isEmpty()) {
                to.set(ValueLayout.JAVA_BYTE, offset + done, input.remove());
                done++;
            }
            return done > 0 || ended ? done : AGAIN;
        }

        @Override
        public long send(MemorySegment from, long offset, long lengthBytes) {
            if (stuck) {
                return AGAIN;
            }
            for (long i = 0; i < lengthBytes; i++) {
                (echoes ? input : output).add(from.get(ValueLayout.JAVA_BYTE, offset + i));
            }
            return lengthBytes;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final class Listener extends MemorySource implements LocalListener {
        @Override
        public int ready() {
            return clients.isEmpty() ? 0 : Poller.READABLE;
        }

        @Override
        public Optional<LocalSocket> accept() {
            return Optional.ofNullable(clients.poll());
        }

        @Override
        public void close() {}
    }

    @Override
    public LocalListener listen(Path path, Kind kind) {
        return new Listener();
    }

    @Override
    public LocalSocket connect(Path path, Kind kind) {
        if (refuses) {
            throw new VmmException.Host(VmmException.Kind.values()[0], "refused");
        }
        connected.add(path);
        Socket socket = new Socket();
        socket.echoes = true;
        open.add(socket);
        return socket;
    }
}
