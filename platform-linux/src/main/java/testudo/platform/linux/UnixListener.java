package testudo.platform.linux;

import java.util.Optional;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;

/// A listening unix domain socket.
final class UnixListener extends Descriptor implements LocalListener {
    private static final int CLOEXEC_NONBLOCK = 0x80000 | 0x800;

    private String path;

    /// Takes ownership.
    /// @param path removed at close; empty for an inherited socket, whose path is its maker's
    UnixListener(int descriptor, String path) {
        super(descriptor);
        this.path = path;
    }

    @Override
    public Optional<LocalSocket> accept() {
        long result;
        do {
            // ECONNABORTED and its like: somebody came and went.
            result = Syscall.call(SystemCall.ACCEPT4, descriptor(), 0, 0, CLOEXEC_NONBLOCK);
        } while (result == -Errno.EINTR);
        if (result == -Errno.EMFILE || result == -Errno.ENFILE || result == -Errno.EBADF) {
            throw Errno.failure("cannot accept a connection", result);
        }
        return result < 0 ? Optional.empty() : Optional.of(new UnixSocket((int) result));
    }

    @Override
    public synchronized void close() {
        super.close();
        if (!path.isEmpty()) {
            Opening.unlink(path);
            path = "";
        }
    }
}
