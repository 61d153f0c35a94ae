package testudo.platform.linux;

import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.LocalSocket;

/// A connected, non-blocking unix domain socket.
final class UnixSocket extends Descriptor implements LocalSocket {
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int SHUT_RD = 0;
    private static final int SHUT_WR = 1;

    UnixSocket(int descriptor) {
        super(descriptor);
    }

    @Override
    public long receive(MemorySegment to, long offset, long lengthBytes) {
        long address = NativeRange.forWriting(to, offset, lengthBytes);
        long result;
        do {
            result = Syscall.call(SystemCall.RECVFROM, descriptor(), address, lengthBytes, 0, 0, 0);
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    public long send(MemorySegment from, long offset, long lengthBytes) {
        long address = NativeRange.forReading(from, offset, lengthBytes);
        long result;
        do {
            result = Syscall.call(SystemCall.SENDTO, descriptor(), address, lengthBytes, MSG_NOSIGNAL, 0, 0);
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    public long shutdown(Direction direction) {
        return Syscall.call(SystemCall.SHUTDOWN, descriptor(), direction == Direction.RECEIVE ? SHUT_RD : SHUT_WR);
    }
}
