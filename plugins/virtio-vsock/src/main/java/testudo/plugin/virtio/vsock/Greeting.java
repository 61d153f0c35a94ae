package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import testudo.spi.host.LocalSocket;

/// What a client of the host says first: `CONNECT PORT` and the end of the line, in a message socket as one message.
final class Greeting {
    static final long MORE = -1;
    static final long WRONG = -2;
    private static final int LONGEST = 24;
    private static final String WORD = "CONNECT ";
    private static final long HIGHEST_PORT = 0xFFFF_FFFEL;

    private final byte[] line = new byte[LONGEST];
    private int length;

    /// Reads on.
    /// @param scratch for what is read
    /// @return the port, [#MORE] when the rest has not come, [#WRONG] when this is no greeting
    long read(LocalSocket socket, boolean message, MemorySegment scratch) {
        int step = message ? LONGEST : 1; // byte by byte, so that nothing behind the line is taken
        while (length < LONGEST) {
            long got = socket.receive(scratch, 0, step);
            if (got <= 0) {
                return got == LocalSocket.AGAIN ? MORE : WRONG;
            }
            int fits = (int) Math.min(got, LONGEST - length);
            MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, 0, line, length, fits);
            length += fits;
            if (line[length - 1] == '\n') {
                return port(length - 1);
            }
            if (message) {
                return port(length);
            }
        }
        return WRONG;
    }

    private long port(int end) {
        String said = new String(line, 0, end, StandardCharsets.US_ASCII);
        if (!said.startsWith(WORD)) {
            return WRONG;
        }
        String digits = said.substring(WORD.length());
        if (!digits.matches("[0-9]{1,10}")) {
            return WRONG;
        }
        long port = Long.parseLong(digits);
        return port <= HIGHEST_PORT ? port : WRONG;
    }

    /// Tells a client that its connection is there.
    /// @return false when it does not take that
    static boolean answer(LocalSocket socket, int hostPort, MemorySegment scratch) {
        byte[] answer = ("OK " + Integer.toUnsignedString(hostPort) + "\n").getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(answer, 0, scratch, ValueLayout.JAVA_BYTE, 0, answer.length);
        return socket.send(scratch, 0, answer.length) == answer.length;
    }
}
