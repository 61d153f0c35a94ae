package testudo.plugin.net.user;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;

/// The host's bytes on their way to the guest: what was sent and not acknowledged, and when to send it again.
///
/// The link loses nothing but what the guest drops, so there is no congestion window, only the guest's own.
final class TcpSender {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int HEADER_BYTES = TcpSegment.FIXED_BYTES;
    private static final int SYN_HEADER_BYTES = 28;
    private static final int LONGEST_SEGMENT = 65_000;
    private static final long FIRST_TIMEOUT = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LAST_TIMEOUT = TimeUnit.SECONDS.toNanos(30);
    private static final int MOST_RETRIES = 12;
    private static final int DUPLICATES = 3;

    private final TcpConnections all;
    private final FrameWriter writer;
    private final Flow flow;
    private final TcpSocket socket;
    private final TcpReceiver receiver;
    private final ByteRing out;
    private final int ownMss;
    private int mss;
    private int sent = RANDOM.nextInt(); // sequence number of the first byte that is not acknowledged
    private int next = sent; // of the next byte to send
    private long guestWindow;
    private int duplicates;
    private int retries;
    private long timeout = FIRST_TIMEOUT;
    private long deadline;
    private boolean hostEnded;
    private boolean finSent;
    private boolean starving; // for memory to read into
    private boolean recovering;
    private int recovered; // where the data ends that was under way when something was lost

    TcpSender(TcpConnections all, FrameWriter writer, Flow flow, TcpSocket socket, TcpReceiver receiver) {
        this.all = all;
        this.writer = writer;
        this.flow = flow;
        this.socket = socket;
        this.receiver = receiver;
        out = new ByteRing(all.pool());
        ownMss = all.mtu() - FrameWriter.headerBytes(flow.isIpv6()) - HEADER_BYTES;
        mss = ownMss;
    }

    /// Learns from the guest's SYN.
    void learn(TcpSegment syn) {
        guestWindow = syn.window();
        mss = Math.min(mss, syn.mss());
    }

    void sendSyn() {
        if (writer.begin(flow)) {
            int flags = TcpConnections.SYN | (receiver.isKnown() ? TcpConnections.ACK : 0);
            TcpSegment.header(writer, flow, sent, receiver.expected(), flags, SYN_HEADER_BYTES);
            TcpSegment.window(writer, TcpSegment.UNSCALED_WINDOW);
            boolean scale = !receiver.isKnown() || receiver.scales();
            TcpSegment.synOptions(writer, ownMss, scale ? TcpSegment.WINDOW_SCALE : -1);
            writer.finishTcp(SYN_HEADER_BYTES, 0, mss);
        }
        next = sent + 1;
        arm();
    }

    /// Whether a segment acknowledges our SYN, and all else that may be.
    boolean acknowledgesSyn(TcpSegment segment) {
        return segment.has(TcpConnections.ACK) && segment.acknowledgment() == sent + 1;
    }

    /// The guest has acknowledged our SYN.
    void opened() {
        sent++;
        retries = 0;
        timeout = FIRST_TIMEOUT;
        disarm();
    }

    /// Whether the guest has everything, our FIN included.
    boolean finished() {
        return finSent && sent == next;
    }

    /// The guest says what it has, and for how much there is room.
    void acknowledged(TcpSegment segment) {
        int acknowledgment = segment.acknowledgment();
        int progress = acknowledgment - sent;
        guestWindow = (long) segment.window() << receiver.scale();
        if (guestWindow == 0) {
            retries = 0; // it answers, it only has no room (RFC 9293, 3.8.6.1 "Zero-Window Probing")
        }
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
                    resend(); // RFC 6582, 3.2 "Specification": after a partial acknowledgment the one behind was lost too
                }
            }
            if (!hostEnded && out.room() >= ByteRing.SIZE_BYTES / 2 && !starving) { // not for every acknowledgment: it takes system calls
                socket.wantRead(true);
            }
        } else if (progress == 0 && next != sent && segment.dataBytes() == 0 && ++duplicates == DUPLICATES) {
            resend();
        }
    }

    /// The host's socket has something.
    void read() throws IOException {
        if (out.room() == 0) {
            socket.wantRead(false);
        } else if (out.reserve()) {
            int read = out.fill(socket.channel());
            hostEnded = read < 0;
            socket.wantRead(!hostEnded && out.room() > 0);
        } else {
            starving = true; // until other connections have given memory back
            socket.wantRead(false);
            armIfIdle();
        }
        pump();
    }

    /// Sends what the guest's window and the ring have room for.
    void pump() {
        if (finished()) {
            return;
        }
        int longest = all.longSegments(flow.isIpv6()) ? Math.max(LONGEST_SEGMENT / mss, 1) * mss : mss;
        while (!finSent) {
            int inFlight = next - sent;
            int waiting = out.count() - inFlight;
            int step = (int) Math.min(Math.min(waiting, longest), guestWindow - inFlight);
            if (step <= 0 || !send(inFlight, step)) {
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
        if (!writer.begin(flow)) {
            return false;
        }
        header(sent + offset, TcpConnections.ACK | TcpConnections.PSH);
        out.copy(offset, writer.memory(), writer.payload() + HEADER_BYTES, lengthBytes);
        writer.finishTcp(HEADER_BYTES, lengthBytes, mss);
        if (offset + lengthBytes > next - sent) {
            next = sent + offset + lengthBytes;
        }
        armIfIdle();
        return true;
    }

    private void header(int sequence, int flags) {
        TcpSegment.header(writer, flow, sequence, receiver.expected(), flags, HEADER_BYTES);
        TcpSegment.window(writer, receiver.window());
    }

    private void sendFin() {
        if (writer.begin(flow)) {
            header(next, TcpConnections.ACK | TcpConnections.FIN);
            writer.finishTcp(HEADER_BYTES, 0, mss);
            next++;
            finSent = true;
        }
        armIfIdle();
    }

    void acknowledge() {
        bare(TcpConnections.ACK);
    }

    void reset() {
        bare(TcpConnections.RST | TcpConnections.ACK);
    }

    private void bare(int flags) {
        if (writer.begin(flow)) {
            header(next, flags);
            writer.finishTcp(HEADER_BYTES, 0, mss);
        }
    }

    /// Time passes: sends again what was not acknowledged, tries a window that is shut, or what the full ring kept back.
    /// @param open whether our SYN was acknowledged
    /// @return false when the guest does not answer any more
    boolean tick(long now, boolean open) {
        if (deadline == 0 || now - deadline < 0) {
            return true;
        }
        if (next != sent && ++retries > MOST_RETRIES) {
            return false;
        }
        timeout = Math.min(timeout * 2, LAST_TIMEOUT);
        deadline = now + timeout | 1;
        if (!open) {
            sendSyn();
        } else if (next != sent) {
            resend();
        } else if (guestWindow == 0 && out.count() > 0) {
            send(0, 1);
        } else {
            timeout = FIRST_TIMEOUT;
            disarm();
            readAgain();
            pump();
        }
        return true;
    }

    private void readAgain() {
        if (starving) {
            starving = all.pool().isEmpty();
            socket.wantRead(!starving);
            if (starving) {
                arm();
            }
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

    void close() {
        disarm();
        out.release();
    }

    private void arm() {
        if (deadline == 0) {
            all.waiting(1);
        }
        deadline = System.nanoTime() + timeout | 1;
    }

    private void armIfIdle() {
        if (deadline == 0) {
            arm();
        }
    }

    private void disarm() {
        if (deadline != 0) {
            all.waiting(-1);
            deadline = 0;
        }
    }
}
