package testudo.plugin.serial.uart;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialPort;

/// Moves input from the host into the receive FIFO, only while the guest listens and there is room.
///
/// Where it may not read it does not watch the input at all: a watch without interest would still report that the peer is gone,
/// again and again.
final class ReceiveFlow {
    private final SerialPort port;
    private final EventLoop loop;
    private final Uart uart;
    private final MemorySegment scratch;
    private final Runnable update = this::update;
    private final EventLoop.ReadyHandler handler = this::ready;
    private EventLoop.@Nullable Watch watch;
    private boolean updateScheduled;
    private boolean ended;

    ReceiveFlow(SerialPort port, EventLoop loop, Uart uart, MemorySegment scratch) {
        this.port = port;
        this.loop = loop;
        this.uart = uart;
        this.scratch = scratch;
        this.ended = port.input().isEmpty();
    }

    /// The guest listens now, or made room. Called from any thread, under the device's lock.
    void roomChanged() {
        if (ended || updateScheduled || (watch != null) == wanted()) {
            return;
        }
        updateScheduled = true;
        loop.execute(update);
    }

    /// Ends it. No input is read afterwards.
    void close() {
        ended = true;
        stopWatching();
    }

    private boolean wanted() {
        return uart.listens() && uart.room() > 0;
    }

    private void update() {
        updateScheduled = false;
        Optional<Pollable> input = ended ? Optional.empty() : port.input();
        if (input.isEmpty() || !wanted()) {
            stopWatching();
        } else if (watch == null) {
            watch = loop.watch(input.get(), Poller.READABLE, handler);
        }
    }

    private void ready(int ready) {
        if (ended) {
            return;
        }
        if (wanted()) {
            int got = port.read(scratch, 0, (int) Math.min(uart.room(), scratch.byteSize()));
            boolean gone = got == 0 && (ready & Poller.HANG_UP) != 0 && (ready & Poller.READABLE) == 0;
            if (got < 0 || gone) {
                close();
                return;
            }
            for (int i = 0; i < got; i++) {
                uart.receive(scratch.get(ValueLayout.JAVA_BYTE, i));
            }
            uart.received();
        }
        if (!wanted()) {
            stopWatching();
        }
    }

    private void stopWatching() {
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }
}
