package testudo.plugin.net.user;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host's end of a connection, and what is waited for there. Under the stack's lock.
final class TcpSocket {
    private static final Logger LOG = LoggerFactory.getLogger(TcpSocket.class);

    private final TcpConnections all;
    private final SocketChannel channel;
    private @Nullable SelectionKey key;

    TcpSocket(TcpConnections all, SocketChannel channel) {
        this.all = all;
        this.channel = channel;
    }

    void key(SelectionKey registered) {
        key = registered;
    }

    SocketChannel channel() {
        return channel;
    }

    void waitForNothing() {
        interest(0);
    }

    void wantRead(boolean yes) {
        change(SelectionKey.OP_READ, yes);
    }

    void wantWrite(boolean yes) {
        change(SelectionKey.OP_WRITE, yes);
    }

    private void change(int operation, boolean yes) {
        if (key != null && key.isValid()) {
            int now = key.interestOps();
            int wanted = yes ? now | operation : now & ~operation;
            if (wanted != now) {
                interest(wanted);
            }
        }
    }

    private void interest(int operations) {
        if (key != null && key.isValid()) {
            key.interestOps(operations);
            all.wakeUp();
        }
    }

    /// Says the peer that nothing more comes.
    void endOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("network user: {}", e.getMessage());
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("network user: closing a socket: {}", e.getMessage());
        }
    }
}
