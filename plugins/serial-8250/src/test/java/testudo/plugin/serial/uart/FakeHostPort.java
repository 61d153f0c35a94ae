package testudo.plugin.serial.uart;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialPort;

/// A host side in memory, and a loop that a test turns by hand.
final class FakeHostPort implements SerialPort, EventLoop {
    final StringBuilder output = new StringBuilder();
    final ArrayDeque<Byte> typed = new ArrayDeque<>();
    final List<Runnable> tasks = new ArrayList<>();
    boolean end;
    int reads;
    int closes;
    private ReadyHandler watching;

    void type(String text) {
        for (byte value : text.getBytes(StandardCharsets.ISO_8859_1)) {
            typed.add(value);
        }
    }

    boolean watched() {
        return watching != null;
    }

    /// Runs tasks and handlers until nothing is left to do.
    void turn() {
        for (int rounds = 0; rounds < 1000; rounds++) {
            if (!tasks.isEmpty()) {
                tasks.removeFirst().run();
            } else if (watching != null && (end || !typed.isEmpty())) {
                watching.ready(end ? Poller.READABLE | Poller.HANG_UP : Poller.READABLE);
            } else {
                return;
            }
        }
        throw new AssertionError("the loop spins");
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        for (long i = 0; i < lengthBytes; i++) {
            output.append((char) (from.get(ValueLayout.JAVA_BYTE, offset + i) & 0xFF));
        }
    }

    @Override
    public Optional<Pollable> input() {
        return Optional.of(() -> {});
    }

    @Override
    public int read(MemorySegment to, long offset, int lengthBytes) {
        reads++;
        int got = 0;
        while (got < lengthBytes && !typed.isEmpty()) {
            to.set(ValueLayout.JAVA_BYTE, offset + got++, typed.remove());
        }
        return got == 0 && end ? -1 : got;
    }

    @Override
    public void close() {
        closes++;
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        watching = handler;
        return new Watch() {
            @Override
            public void interest(int mask) {
                throw new AssertionError("not used");
            }

            @Override
            public void cancel() {
                watching = null;
            }
        };
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }
}
