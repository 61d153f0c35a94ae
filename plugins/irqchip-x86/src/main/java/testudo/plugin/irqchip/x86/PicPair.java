package testudo.plugin.irqchip.x86;

import testudo.spi.platform.PlatformDevice;

/// Two cascaded 8259As. Resources: 0 the first's ports, 1 the second's, 2 the edge/level registers.
final class PicPair implements PlatformDevice {
    private static final int MASTER_LEVEL_MASK = 0xF8;
    private static final int SLAVE_LEVEL_MASK = 0xDE;
    private static final int EDGE_LEVEL = 2;

    private final Wiring wiring;
    private final Runnable changed;
    private final Pic master = new Pic(MASTER_LEVEL_MASK);
    private final Pic slave = new Pic(SLAVE_LEVEL_MASK);

    /// Makes the pair.
    /// @param wiring the lock
    /// @param changed called under the lock when the pair may have something for a processor
    PicPair(Wiring wiring, Runnable changed) {
        this.wiring = wiring;
        this.changed = changed;
    }

    /// Sets an input. Under the lock.
    /// @param input 0 to 15; 2 is the cascade and has no line
    /// @param high its level
    void set(int input, boolean high) {
        if (input == PcInterruptController.CASCADE) {
            return;
        }
        (input < 8 ? master : slave).set(input & 7, high);
        update();
    }

    /// The vector for a processor. Under the lock.
    /// @return 0 to 255, or -1
    int pending() {
        int input = master.pendingInput();
        if (input < 0) {
            return -1;
        }
        if (input != PcInterruptController.CASCADE) {
            return master.vector(input);
        }
        int second = slave.pendingInput();
        return second < 0 ? -1 : slave.vector(second);
    }

    /// A processor took a vector that [#pending] named. Under the lock.
    /// @param vector what it took; ignored when it has been withdrawn since
    void acknowledge(int vector) {
        int input = master.pendingInput();
        if (input < 0 || pending() != vector) {
            return;
        }
        if (input == PcInterruptController.CASCADE) {
            slave.acknowledge(slave.pendingInput());
        }
        master.acknowledge(input);
        update();
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        wiring.lock();
        try {
            long value = readByte(resource, (int) offset);
            for (int i = 1; i < sizeBytes; i++) {
                value |= (long) (offset + i < 2 ? readByte(resource, (int) offset + i) : 0xFF) << (8 * i);
            }
            return value;
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        wiring.lock();
        try {
            for (int i = 0; i < sizeBytes && offset + i < 2; i++) {
                writeByte(resource, (int) offset + i, (int) (value >>> (8 * i)) & 0xFF);
            }
            update();
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void reset() {
        wiring.lock();
        try {
            master.reset();
            slave.reset();
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void close() {}

    private int readByte(int resource, int offset) {
        if (resource == EDGE_LEVEL) {
            return (offset == 0 ? master : slave).levels();
        }
        int value = (resource == 0 ? master : slave).read(offset);
        update();
        return value;
    }

    private void writeByte(int resource, int offset, int value) {
        if (resource == EDGE_LEVEL) {
            (offset == 0 ? master : slave).levels(value);
        } else {
            (resource == 0 ? master : slave).write(offset, value);
        }
    }

    private void update() {
        // The second chip's output is a pulse for the first: it asks again after each acknowledgement.
        master.set(PcInterruptController.CASCADE, false);
        master.withdrawCascade();
        if (slave.pendingInput() >= 0) {
            master.set(PcInterruptController.CASCADE, true);
        }
        if (pending() >= 0) {
            changed.run();
        }
    }
}
