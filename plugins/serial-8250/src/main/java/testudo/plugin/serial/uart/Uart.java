package testudo.plugin.serial.uart;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import testudo.spi.device.EventLoop;
import testudo.spi.irq.InterruptLine;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.serial.SerialPort;

/// The registers of one 16550A (PC16550D data sheet, 8 "Registers").
///
/// Called under the core's lock for the device. Closes its [SerialPort].
final class Uart implements PlatformDevice {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR_FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;

    private static final int IER_RECEIVED = 1;
    private static final int IER_EMPTY = 2;
    private static final int IER_LINE = 4;
    private static final int IER_MODEM = 8;

    private static final int IIR_NONE = 1;
    private static final int IIR_MODEM = 0;
    private static final int IIR_EMPTY = 2;
    private static final int IIR_RECEIVED = 4;
    private static final int IIR_LINE = 6;
    private static final int IIR_TIMEOUT = 0xC;
    private static final int IIR_FIFO = 0xC0;

    private static final int FCR_ENABLE = 1;
    private static final int FCR_RESET_RECEIVE = 2;
    private static final int LCR_DLAB = 0x80;

    private static final int MCR_RTS = 2;
    private static final int MCR_LOOP = 0x10;
    private static final int MCR_BITS = 0x1F;

    private static final int LSR_DATA = 1;
    private static final int LSR_OVERRUN = 2;
    private static final int LSR_IDLE = 0x60;

    private static final int MSR_CTS = 0x10;
    private static final int MSR_DSR = 0x20;
    private static final int MSR_RING = 0x40;
    private static final int MSR_CARRIER = 0x80;

    private static final int DIVISOR_9600 = 12;
    private static final int FIFO_BYTES = 64;
    /// How deep the chip's own FIFO is: what a looped-back transmitter can fill.
    private static final int LOOP_BYTES = 16;
    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};
    /// So many looks at LSR without sending in between are a driver that waits for input without interrupts.
    private static final int POLLS_TO_LISTEN = 16;

    private final SerialPort port;
    private final InterruptLine line;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment output;
    private final ReceiveFlow input;
    private final byte[] fifo = new byte[FIFO_BYTES];
    private int fifoHead;
    private int fifoCount;

    private int divisor;
    private int ier;
    private int fcr;
    private int lcr;
    private int mcr;
    private int scratchRegister;
    private int modemDeltas;
    private boolean overrun;
    private boolean emptyPending;
    private int idlePolls;
    private boolean lineHigh;
    private boolean closed;

    /// Makes a port in its power-on state.
    /// @param port the host's side, closed by [#close()]
    /// @param line the interrupt
    /// @param loop the device's loop
    Uart(SerialPort port, InterruptLine line, EventLoop loop) {
        this.port = port;
        this.line = line;
        this.output = arena.allocate(1);
        this.input = new ReceiveFlow(port, loop, this, arena.allocate(FIFO_BYTES));
        setPowerOnState();
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long value = -1L;
        for (int i = 0; i < sizeBytes && offset + i < UartPlacement.SIZE; i++) {
            int shift = 8 * i;
            value = (value & ~(0xFFL << shift)) | (long) readRegister((int) offset + i) << shift;
        }
        return sizeBytes == 8 ? value : value & (1L << (8 * sizeBytes)) - 1;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        for (int i = 0; i < sizeBytes && offset + i < UartPlacement.SIZE; i++) {
            writeRegister((int) offset + i, (int) (value >>> (8 * i)) & 0xFF);
        }
    }

    @Override
    public void reset() {
        setPowerOnState();
        updateLine();
        input.roomChanged();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        input.close();
        port.close();
        arena.close();
    }

    /// Whether the guest takes input: it asserts RTS, wants receive interrupts, or polls. Until then input stays in the host, where
    /// a driver that clears the FIFO at its start does not lose it.
    boolean listens() {
        return (ier & IER_RECEIVED) != 0 || (mcr & MCR_RTS) != 0 || idlePolls >= POLLS_TO_LISTEN;
    }

    /// How many bytes of input there is room for.
    int room() {
        return (mcr & MCR_LOOP) != 0 ? 0 : FIFO_BYTES - fifoCount;
    }

    /// Takes a byte of input; the caller checked [#room()] and calls [#received()] behind the last.
    void receive(byte value) {
        fifo[(fifoHead + fifoCount++) % FIFO_BYTES] = value;
    }

    /// Tells the guest about new input.
    void received() {
        updateLine();
    }

    private void setPowerOnState() {
        divisor = DIVISOR_9600;
        ier = 0;
        fcr = 0;
        lcr = 3;
        mcr = 0;
        scratchRegister = 0;
        modemDeltas = 0;
        overrun = false;
        emptyPending = false;
        idlePolls = 0;
        fifoCount = 0;
    }

    private int readRegister(int register) {
        boolean dlab = (lcr & LCR_DLAB) != 0;
        return switch (register) {
            case DATA -> dlab ? divisor & 0xFF : readData();
            case IER -> dlab ? divisor >>> 8 : ier;
            case IIR_FCR -> readInterruptIdentification();
            case LCR -> lcr;
            case MCR -> mcr;
            case LSR -> readLineStatus();
            case MSR -> readModemStatus();
            default -> scratchRegister;
        };
    }

    private void writeRegister(int register, int value) {
        boolean dlab = (lcr & LCR_DLAB) != 0;
        switch (register) {
            case DATA -> {
                if (dlab) {
                    divisor = (divisor & 0xFF00) | value;
                } else {
                    send((byte) value);
                }
            }
            case IER -> {
                if (dlab) {
                    divisor = (divisor & 0xFF) | value << 8;
                } else {
                    writeInterruptEnable(value & 0xF);
                }
            }
            case IIR_FCR -> writeFifoControl(value);
            case LCR -> lcr = value;
            case MCR -> writeModemControl(value & MCR_BITS);
            case LSR, MSR -> {
                // Read-only: the chip's factory test writes them, drivers must not.
            }
            default -> scratchRegister = value;
        }
    }

    private int readData() {
        int value = 0;
        if (fifoCount > 0) {
            value = fifo[fifoHead] & 0xFF;
            fifoHead = (fifoHead + 1) % FIFO_BYTES;
            fifoCount--;
            updateLine();
        }
        input.roomChanged();
        return value;
    }

    private int readInterruptIdentification() {
        int pending = pending();
        if (pending == IIR_EMPTY) {
            emptyPending = false;
            updateLine();
        }
        return pending | ((fcr & FCR_ENABLE) != 0 ? IIR_FIFO : 0);
    }

    private int readLineStatus() {
        int status = LSR_IDLE | (fifoCount > 0 ? LSR_DATA : 0) | (overrun ? LSR_OVERRUN : 0);
        if (overrun) {
            overrun = false;
            updateLine();
        }
        if (idlePolls < POLLS_TO_LISTEN && ++idlePolls == POLLS_TO_LISTEN) {
            input.roomChanged();
        }
        return status;
    }

    private int readModemStatus() {
        int status = modemLines() | modemDeltas;
        modemDeltas = 0;
        updateLine();
        return status;
    }

    private void writeInterruptEnable(int value) {
        if ((value & ~ier & IER_EMPTY) != 0) {
            emptyPending = true;
        }
        ier = value;
        updateLine();
        input.roomChanged();
    }

    private void writeFifoControl(int value) {
        boolean toggled = ((value ^ fcr) & FCR_ENABLE) != 0;
        fcr = value & 0xC1;
        if (toggled || (value & FCR_RESET_RECEIVE) != 0) {
            fifoCount = 0;
            overrun = false;
            updateLine();
            input.roomChanged();
        }
    }

    private void writeModemControl(int value) {
        int before = modemLines();
        mcr = value;
        int changed = before ^ modemLines();
        modemDeltas |= changed >>> 4 & 0xB;
        // Of the ring indicator only the trailing edge counts.
        if ((changed & before & MSR_RING) != 0) {
            modemDeltas |= MSR_RING >>> 4;
        }
        updateLine();
        input.roomChanged();
    }

    /// The upper half of MSR: a peer that is always there, or in loopback our own outputs.
    private int modemLines() {
        if ((mcr & MCR_LOOP) == 0) {
            return MSR_CARRIER | MSR_DSR | MSR_CTS;
        }
        return (mcr & 1) << 5 | (mcr & MCR_RTS) << 3 | (mcr & 0xC) << 4;
    }

    private void send(byte value) {
        idlePolls = 0;
        if ((mcr & MCR_LOOP) != 0) {
            if (fifoCount < ((fcr & FCR_ENABLE) != 0 ? LOOP_BYTES : 1)) {
                receive(value);
            } else {
                overrun = true;
            }
        } else {
            output.set(ValueLayout.JAVA_BYTE, 0, value);
            port.write(output, 0, 1);
        }
        // The transmitter was full for no time at all: an edge that the driver counts on.
        emptyPending = false;
        updateLine();
        emptyPending = (ier & IER_EMPTY) != 0;
        updateLine();
    }

    private int pending() {
        if ((ier & IER_LINE) != 0 && overrun) {
            return IIR_LINE;
        }
        if ((ier & IER_RECEIVED) != 0 && fifoCount > 0) {
            int level = (fcr & FCR_ENABLE) != 0 ? TRIGGER_LEVELS[fcr >>> 6] : 1;
            // Below the trigger level the chip waits four characters' time; there is no such time here.
            return fifoCount >= level ? IIR_RECEIVED : IIR_TIMEOUT;
        }
        if ((ier & IER_EMPTY) != 0 && emptyPending) {
            return IIR_EMPTY;
        }
        return (ier & IER_MODEM) != 0 && modemDeltas != 0 ? IIR_MODEM : IIR_NONE;
    }

    private void updateLine() {
        boolean high = pending() != IIR_NONE;
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
    }
}
