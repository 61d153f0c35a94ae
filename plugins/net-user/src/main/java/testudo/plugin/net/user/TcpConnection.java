package testudo.plugin.net.user;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.plugin.net.user.TcpConnections.Flow;

/// One TCP connection of the guest, carried on by a socket of the host. Under the stack's lock.
///
/// Towards the host nothing is buffered: what the socket does not take is not acknowledged, and the guest sends it again when the window
/// opens. Towards the guest there is one [SendBuffer]; its link loses nothing but what the guest drops, so there is no congestion window,
/// only the guest's own.
final class TcpConnection implements HostTask {
    private static final Logger LOG = LoggerFactory.getLogger(TcpConnection.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int HEADER_BYTES = 20;
    private static final int SYN_HEADER_BYTES = 28;
    private static final int WINDOW_SCALE = 7;
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int UNSCALED_WINDOW = 65_535;
    private static final int LONGEST_SEGMENT = 65_000;
    private static final long FIRST_TIMEOUT = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long LAST_TIMEOUT = TimeUnit.SECONDS.toNanos(30);
    private static final int MOST_RETRIES = 12;
    private static final int DUPLICATES = 3;

    /// How far the opening has come.
    private enum Opening {
        /// The host has not answered yet.
        CONNECTING,
        /// Our SYN is on its way to the guest, with or without ACK.
        SYNCHRONIZING,
        /// Data may flow.
        OPEN
    }

    private final TcpConnections all;
    private final FrameWriter writer;
    private final Flow flow;
    private final SocketChannel channel;
    private final SendBuffer out = new SendBuffer();
    private @Nullable SelectionKey key;
    private Opening opening = Opening.CONNECTING;
    private int sent; // sequence number of the first byte that is not acknowledged
    private int next; // of the next byte to send
    private int expected; // of the next byte of the guest
    private long guestWindow;
    private int guestScale = -1;
    private int mss;
    private int duplicates;
    private int retries;
    private long timeout = FIRST_TIMEOUT;
    private long deadline;
    private boolean guestKnown; // its initial sequence number is
    private boolean hostEnded;
    private boolean finSent;
    private boolean guestEnded;
    private boolean windowShut;
    private boolean recovering;
    private int recovered; // where the data ends that was under way when something was lost

    TcpConnection(TcpConnections all, FrameWriter writer, Flow flow, SocketChannel channel) {
        this.all = all;
        this.writer = writer;
        this.flow = flow;
        this.channel = channel;
        sent = RANDOM.nextInt();
        next = sent;
        mss = all.mtu() - FrameWriter.IP_BYTES - HEADER_BYTES;
    }

    void key(SelectionKey registered) {
        key = registered;
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
        expected = syn.sequence() + 1;
        guestKnown = true;
        guestScale = syn.windowScale();
        guestWindow = syn.window();
        mss = Math.min(mss, syn.mss());
    }

    private void synchronize() {
        opening = Opening.SYNCHRONIZING;
        interest(0);
        sendSyn();
    }

    private void sendSyn() {
        if (writer.begin()) {
            int flags = TcpConnections.SYN | (guestKnown ? TcpConnections.ACK : 0);
            TcpSegment.header(writer, flow, sent, guestKnown ? expected : 0, flags, UNSCALED_WINDOW, SYN_HEADER_BYTES);
            boolean scale = !guestKnown || guestScale >= 0;
            TcpSegment.synOptions(writer, all.mtu() - FrameWriter.IP_BYTES - HEADER_BYTES, scale ? WINDOW_SCALE : -1);
            writer.finishTcp(flow.address(), Subnet.GUEST, SYN_HEADER_BYTES, 0, mss);
        }
        next = sent + 1;
        arm();
    }

    /// A segment of the guest.
    void fromGuest(TcpSegment segment) {
        if (segment.has(TcpConnections.RST)) {
            boolean inWindow = segment.sequence() - expected >= 0 && segment.sequence() - expected <= WINDOW_BYTES;
            if (inWindow || opening != Opening.OPEN) {
                close();
            }
            return;
        }
        switch (opening) {
            case CONNECTING -> LOG.trace("network user: the guest asks again");
            case SYNCHRONIZING -> synchronizing(segment);
            case OPEN -> open(segment);
        }
    }

    private void synchronizing(TcpSegment segment) {
        boolean acknowledges = segment.has(TcpConnections.ACK) && segment.acknowledgment() == sent + 1;
        if (segment.has(TcpConnections.SYN) && !guestKnown && acknowledges) {
            learn(segment);
        } else if (segment.has(TcpConnections.SYN) || !acknowledges || !guestKnown) {
            if (segment.has(TcpConnections.SYN) && guestKnown) {
                sendSyn();
            }
            return;
        }
        sent++;
        opening = Opening.OPEN;
        disarm();
        interest(SelectionKey.OP_READ);
        if (segment.has(TcpConnections.SYN)) {
            acknowledge();
        } else {
            open(segment);
        }
    }

    private void open(TcpSegment segment) {
        if (!segment.has(TcpConnections.ACK) || segment.has(TcpConnections.SYN)) {
            acknowledge(); // RFC 5961, 4 "Blind Reset Attack Using the SYN Bit"
            return;
        }
        acknowledged(segment);
        boolean answer = false;
        if (segment.dataBytes() > 0) {
            answer = take(segment);
        }
        if (segment.has(TcpConnections.FIN) && segment.sequence() + segment.dataBytes() == expected && !guestEnded) {
            guestEnds();
            answer = true;
        } else if (segment.has(TcpConnections.FIN) && guestEnded) {
            answer = true;
        }
        if (finished()) {
            acknowledgeAndClose(answer);
            return;
        }
        pump();
        if (answer) {
            acknowledge();
        }
    }

    private void acknowledged(TcpSegment segment) {
        int acknowledgment = segment.acknowledgment();
        int progress = acknowledgment - sent;
        guestWindow = (long) segment.window() << Math.max(guestScale, 0);
        if (progress > 0 && acknowledgment - next <= 0) {
            out.drop(Math.min(progress, out.count()));
            sent = acknowledgment;
            duplicates = 0;
            retries = 0;
            timeout = FIRST_TIMEOUT;
            if (sent == next) {
                disarm();
            } else {
                arm();
                if (recovering && sent - recovered < 0) {
                    resend(); // RFC 6582, "Partial Acknowledgments": the one behind was lost too
                }
            }
            if (!hostEnded && !out.isFull()) {
                wantRead(true);
            }
        } else if (progress == 0 && next != sent && segment.dataBytes() == 0 && ++duplicates == DUPLICATES) {
            resend();
        }
    }

    /// Gives the guest's data to the host, as much as it takes.
    /// @return whether to answer at once
    private boolean take(TcpSegment segment) {
        int known = expected - segment.sequence(); // bytes of this segment that we have already
        if (known < 0 || known >= segment.dataBytes() || guestEnded) {
            return true; // lost ones in between, or nothing new: say what we expect
        }
        ByteBuffer data = segment.packet().memory()
                .asSlice(segment.dataAt() + known, segment.dataBytes() - known)
                .asByteBuffer();
        try {
            int written = channel.write(data);
            expected += written;
            windowShut = data.hasRemaining();
            wantWrite(windowShut);
            return true;
        } catch (IOException e) {
            LOG.debug("network user: {}: {}", flow, e.getMessage());
            fail();
            return false;
        }
    }

    private void guestEnds() {
        expected++;
        guestEnded = true;
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("network user: {}: {}", flow, e.getMessage());
        }
    }

    private boolean finished() {
        return guestEnded && finSent && sent == next;
    }

    private void acknowledgeAndClose(boolean answer) {
        if (answer) {
            acknowledge();
        }
        close();
    }

    @Override
    public void ready(SelectionKey ready) throws IOException {
        if (ready.isConnectable()) {
            channel.finishConnect();
            synchronize();
            return;
        }
        if (ready.isWritable()) {
            windowShut = false;
            wantWrite(false);
            acknowledge(); // the window is open again
        }
        if (ready.isReadable()) {
            read();
        }
    }

    private void read() throws IOException {
        int read = out.fill(channel);
        if (read < 0) {
            hostEnded = true;
            wantRead(false);
        } else if (out.isFull()) {
            wantRead(false);
        }
        pump();
    }

    /// Sends what the guest's window and the ring have room for.
    void pump() {
        if (opening != Opening.OPEN || (finSent && sent == next)) {
            return;
        }
        int longest = all.longSegments() ? LONGEST_SEGMENT / mss * mss : mss;
        while (true) {
            int inFlight = next - sent;
            int waiting = out.count() - inFlight;
            int step = (int) Math.min(Math.min(waiting, longest), guestWindow - inFlight);
            if (step <= 0 || finSent || !send(inFlight, step)) {
                break;
            }
        }
        if (hostEnded && !finSent && next - sent == out.count()) {
            sendFin();
        }
        if (!finSent && out.count() > next - sent) {
            armIfIdle();
        }
    }

    private boolean send(int offset, int lengthBytes) {
        if (!writer.begin()) {
            return false;
        }
        TcpSegment.header(writer, flow, sent + offset, expected, TcpConnections.ACK | TcpConnections.PSH, window());
        out.copy(offset, writer.memory(), writer.payload() + HEADER_BYTES, lengthBytes);
        writer.finishTcp(flow.address(), Subnet.GUEST, HEADER_BYTES, lengthBytes, mss);
        if (offset + lengthBytes > next - sent) {
            next = sent + offset + lengthBytes;
        }
        armIfIdle();
        return true;
    }

    private void sendFin() {
        if (writer.begin()) {
            TcpSegment.header(writer, flow, next, expected, TcpConnections.ACK | TcpConnections.FIN, window());
            writer.finishTcp(flow.address(), Subnet.GUEST, HEADER_BYTES, 0, mss);
            next++;
            finSent = true;
        }
        armIfIdle();
    }

    private void acknowledge() {
        if (writer.begin()) {
            TcpSegment.header(writer, flow, next, expected, TcpConnections.ACK, window());
            writer.finishTcp(flow.address(), Subnet.GUEST, HEADER_BYTES, 0, mss);
        }
    }

    private int window() {
        if (windowShut) {
            return 0;
        }
        return guestScale < 0 ? UNSCALED_WINDOW : WINDOW_BYTES >> WINDOW_SCALE;
    }

    /// Time passes: sends again what was not acknowledged, tries a window that is shut, or what the full ring kept back.
    void tick(long now) {
        if (deadline == 0 || now - deadline < 0) {
            return;
        }
        if (next != sent && ++retries > MOST_RETRIES) {
            LOG.debug("network user: {}: the guest does not answer", flow);
            fail();
            return;
        }
        timeout = Math.min(timeout * 2, LAST_TIMEOUT);
        deadline = now + timeout;
        if (opening == Opening.SYNCHRONIZING) {
            sendSyn();
        } else if (next != sent) {
            resend();
        } else if (guestWindow == 0 && out.count() > 0) {
            send(0, 1);
        } else {
            timeout = FIRST_TIMEOUT;
            disarm();
            pump();
        }
    }

    private void resend() {
        if (!recovering || sent - recovered >= 0) {
            recovering = true;
            recovered = next;
        }
        if (out.count() > 0) {
            send(0, Math.min(Math.min(out.count(), mss), Math.max(next - sent, 1)));
        } else if (finSent) {
            finSent = false;
            next = sent;
            sendFin();
        }
    }

    @Override
    public void fail() {
        if (writer.begin()) {
            TcpSegment.header(writer, flow, next, expected, TcpConnections.RST | TcpConnections.ACK, 0);
            writer.finishTcp(flow.address(), Subnet.GUEST, HEADER_BYTES, 0, mss);
        }
        close();
    }

    /// Ends it without a word.
    void abort() {
        TcpConnections.close(channel);
    }

    private void close() {
        all.remove(flow);
        TcpConnections.close(channel);
    }

    private void arm() {
        deadline = System.nanoTime() + timeout | 1;
    }

    private void armIfIdle() {
        if (deadline == 0) {
            arm();
        }
    }

    private void disarm() {
        deadline = 0;
    }

    private void interest(int operations) {
        if (key != null && key.isValid()) {
            key.interestOps(operations);
            key.selector().wakeup();
        }
    }

    private void wantRead(boolean yes) {
        change(SelectionKey.OP_READ, yes);
    }

    private void wantWrite(boolean yes) {
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
}
