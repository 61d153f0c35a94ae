package testudo.platform.linux.call;

/// Owns one file descriptor. Any thread.
public class Descriptor implements OpenDescriptor {
    private volatile int number;

    /// Takes ownership.
    /// @param number an open descriptor
    public Descriptor(int number) {
        this.number = number;
    }

    @Override
    public final int descriptor() {
        return number;
    }

    /// Closes the descriptor. Idempotent.
    @Override
    public synchronized void close() {
        int open = number;
        number = -1;
        if (open >= 0) {
            Syscall.call(SystemCall.CLOSE, open);
        }
    }
}
