package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// The guest's bytes on their way to the host's socket. What the socket does not take at once waits in a [ByteRing], and the window that the guest is told
/// is the room that is left there, so that nothing the guest may send is lost.
final class TcpReceiver {
    private final TcpSocket socket;
    private final ByteRing waiting;
    private int expected; // sequence number of the guest's next byte
    private int scale = -1;
    private boolean known;
    private boolean ended;
    private int lastWindow;
    private MemorySegment viewed = MemorySegment.NULL;
    private ByteBuffer view = ByteBuffer.allocate(0);

    TcpReceiver(TcpSocket socket, BufferPool pool) {
        this.socket = socket;
        waiting = new ByteRing(pool);
    }

    /// Learns from the guest's SYN.
    void synchronizedAt(TcpSegment syn) {
        expected = syn.sequence() + 1;
        known = true;
        scale = syn.windowScale();
    }

    /// Whether the guest's SYN has come.
    boolean isKnown() {
        return known;
    }

    /// Whether windows are scaled, in both directions.
    boolean scales() {
        return scale >= 0;
    }

    /// How far the guest's windows are to be shifted.
    int scale() {
        return Math.max(scale, 0);
    }

    /// The guest's next byte; 0 as long as it has sent no SYN.
    int expected() {
        return known ? expected : 0;
    }

    /// Whether the guest has sent everything.
    boolean ended() {
        return ended;
    }

    /// The window as it is written to a header.
    int window() {
        int room = waiting.room();
        lastWindow = room;
        return scales() ? room >> TcpSegment.WINDOW_SCALE : Math.min(room, TcpSegment.UNSCALED_WINDOW);
    }

    /// Whether a sequence number may be the next of the guest (RFC 9293, 3.5.3 "Reset Processing").
    boolean inWindow(int sequence) {
        return sequence - expected >= 0 && sequence - expected <= ByteRing.SIZE_BYTES;
    }

    /// Takes the data and the end of a segment.
    /// @return whether to answer at once
    boolean take(TcpSegment segment) throws IOException {
        boolean answer = segment.dataBytes() > 0 || segment.has(TcpConnections.FIN);
        int behind = expected - segment.sequence(); // bytes of this segment that we have already
        if (behind < 0 || ended) {
            return answer; // lost ones in between, or nothing new: say what we expect
        }
        int fresh = segment.dataBytes() - behind;
        if (fresh > 0) {
            expected += accept(segment, behind, fresh);
        }
        if (segment.has(TcpConnections.FIN) && segment.sequence() + segment.dataBytes() == expected) {
            expected++;
            ended = true;
            endIfDrained();
        }
        return answer;
    }

    private int accept(TcpSegment segment, int offset, int lengthBytes) throws IOException {
        MemorySegment memory = segment.packet().memory();
        long at = segment.dataAt() + (long) offset;
        int taken = 0;
        if (waiting.count() == 0) {
            taken = socket.channel().write(view(memory).limit((int) at + lengthBytes).position((int) at));
        }
        int rest = Math.min(lengthBytes - taken, waiting.room());
        if (rest > 0 && waiting.reserve()) {
            waiting.put(memory, at + taken, rest);
            taken += rest;
        }
        if (taken < lengthBytes || waiting.count() > 0) {
            socket.wantWrite(true);
        }
        return taken;
    }

    /// The frames of a guest come in the same memory each time.
    private ByteBuffer view(MemorySegment memory) {
        if (!viewed.equals(memory) || viewed.byteSize() != memory.byteSize()) { // equal is what starts at the same place
            viewed = memory;
            view = memory.asByteBuffer();
        }
        return view.clear();
    }

    /// The socket takes bytes again.
    /// @return whether the guest should be told
    boolean drain() throws IOException {
        waiting.drain(socket.channel());
        if (waiting.count() == 0) {
            socket.wantWrite(false);
        }
        endIfDrained();
        return lastWindow < ByteRing.SIZE_BYTES / 2 && waiting.room() >= ByteRing.SIZE_BYTES / 2;
    }

    /// Whether the socket has taken everything.
    boolean isDrained() {
        return waiting.count() == 0;
    }

    private void endIfDrained() {
        if (ended && isDrained()) {
            socket.endOutput();
        }
    }

    void close() {
        waiting.release();
    }
}
