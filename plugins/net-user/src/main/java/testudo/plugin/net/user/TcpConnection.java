package testudo.plugin.net.user;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One TCP connection of the guest, carried on by a socket of the host: how it opens and how it ends. Under the stack's lock.
///
/// The guest's bytes are the [TcpReceiver]'s, the host's the [TcpSender]'s.
final class TcpConnection implements HostTask {
    private static final Logger LOG = LoggerFactory.getLogger(TcpConnection.class);

    /// How far the opening has come.
    private enum Opening {
        /// The host has not answered yet.
        CONNECTING,
        /// Our SYN is on its way to the guest, with or without ACK.
        SYNCHRONIZING,
        /// Data may flow.
        OPEN,
        /// Nothing is left.
        CLOSED
    }

    private final TcpConnections all;
    private final Flow flow;
    private final TcpSocket socket;
    private final TcpReceiver receiver;
    private final TcpSender sender;
    private Opening opening = Opening.CONNECTING;
    /// Where it is in the list of all.
    int index;

    TcpConnection(TcpConnections all, FrameWriter writer, Flow flow, SocketChannel channel) {
        this.all = all;
        this.flow = flow;
        socket = new TcpSocket(all, channel);
        receiver = new TcpReceiver(socket, all.pool());
        sender = new TcpSender(all, writer, flow, socket, receiver);
    }

    Flow flow() {
        return flow;
    }

    void key(SelectionKey registered) {
        socket.key(registered);
    }

    /// The guest wants to reach a host.
    void guestOpens(TcpSegment syn, boolean connected) {
        learn(syn);
        if (connected) {
            synchronize();
        }
    }

    /// A host wants to reach the guest.
    void hostOpens() {
        synchronize();
    }

    private void learn(TcpSegment syn) {
        receiver.synchronizedAt(syn);
        sender.learn(syn);
    }

    private void synchronize() {
        opening = Opening.SYNCHRONIZING;
        socket.waitForNothing();
        sender.sendSyn();
    }

    /// A segment of the guest.
    void fromGuest(TcpSegment segment) {
        if (segment.has(TcpConnections.RST)) {
            if (opening != Opening.OPEN || receiver.inWindow(segment.sequence())) {
                close();
            }
            return;
        }
        try {
            switch (opening) {
                case CONNECTING -> LOG.trace("network user: the guest asks again");
                case SYNCHRONIZING -> synchronizing(segment);
                case OPEN -> open(segment);
                case CLOSED -> LOG.trace("network user: a segment for a closed connection");
            }
        } catch (IOException e) {
            LOG.debug("network user: {}: {}", flow, e.getMessage());
            fail();
        }
    }

    private void synchronizing(TcpSegment segment) throws IOException {
        boolean acknowledges = sender.acknowledgesSyn(segment);
        if (segment.has(TcpConnections.SYN) && !receiver.isKnown() && acknowledges) {
            learn(segment);
        } else if (segment.has(TcpConnections.SYN) || !acknowledges || !receiver.isKnown()) {
            if (segment.has(TcpConnections.SYN) && receiver.isKnown()) {
                sender.sendSyn();
            }
            return;
        }
        sender.opened();
        opening = Opening.OPEN;
        socket.wantRead(true);
        if (segment.has(TcpConnections.SYN)) {
            sender.acknowledge();
        } else {
            open(segment);
        }
    }

    private void open(TcpSegment segment) throws IOException {
        if (!segment.has(TcpConnections.ACK) || segment.has(TcpConnections.SYN)) {
            sender.acknowledge(); // RFC 5961, 4 "Blind Reset Attack Using the SYN Bit"
            return;
        }
        sender.acknowledged(segment);
        boolean answer = receiver.take(segment);
        if (answer) {
            sender.acknowledge();
        }
        if (receiver.ended() && sender.finished()) {
            closeWhenDrained();
        } else {
            sender.pump();
        }
    }

    /// Both ends have said that nothing more comes.
    private void closeWhenDrained() {
        if (receiver.isDrained()) {
            close();
        }
    }

    @Override
    public void ready(SelectionKey ready) throws IOException {
        if (ready.isConnectable()) {
            socket.channel().finishConnect();
            synchronize();
            return;
        }
        if (ready.isWritable() && receiver.drain()) {
            sender.acknowledge(); // the window is open again
        }
        if (receiver.ended() && sender.finished()) {
            closeWhenDrained();
        } else if (ready.isReadable()) {
            sender.read();
        }
    }

    /// Sends what the full ring kept back.
    void pump() {
        if (opening == Opening.OPEN) {
            sender.pump();
        }
    }

    void tick(long now) {
        if (opening != Opening.CONNECTING && !sender.tick(now, opening == Opening.OPEN)) {
            LOG.debug("network user: {}: the guest does not answer", flow);
            fail();
        }
    }

    @Override
    public void fail() {
        if (opening != Opening.CLOSED) {
            sender.reset();
            close();
        }
    }

    /// Ends it without a word.
    void close() {
        if (opening != Opening.CLOSED) {
            opening = Opening.CLOSED;
            all.remove(this);
            sender.close();
            receiver.close();
            socket.close();
        }
    }
}
