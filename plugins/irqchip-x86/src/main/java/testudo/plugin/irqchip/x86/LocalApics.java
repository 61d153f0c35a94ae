package testudo.plugin.irqchip.x86;

import java.util.function.IntConsumer;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.platform.PlatformDevice;

/// The local APICs of all vCPUs and the bus between them. A vCPU sees its own at [#GPA].
final class LocalApics implements PlatformDevice {
    static final long GPA = 0xFEE0_0000L;
    static final int SIZE = 0x1000;

    private static final long MESSAGE_WINDOW = 0xFFF0_0000L;
    private static final int BROADCAST = 0xFF;
    private static final int SHORTHAND_SELF = 1;
    private static final int SHORTHAND_ALL = 2;
    private static final int SHORTHAND_OTHERS = 3;

    private static final int FIXED = 0;
    private static final int LOWEST_PRIORITY = 1;
    private static final int INIT = 5;
    private static final int STARTUP = 6;

    private final Wiring wiring;
    private final LocalApic[] apics;
    private int lastLowest;
    private IntConsumer endOfInterrupt = vector -> {};

    /// Makes the local APICs in their power-on state; the first vCPU's passes the 8259A's interrupts on, as firmware leaves it.
    /// @param wiring the lock
    /// @param vcpus how many
    /// @param events clock and timers
    /// @param loop where timers run
    LocalApics(Wiring wiring, int vcpus, HostEvents events, EventLoop loop) {
        this.wiring = wiring;
        apics = new LocalApic[vcpus];
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            apics[vcpu] = new LocalApic(vcpu, this, new ApicTimer(wiring, events, loop));
        }
    }

    /// Where acknowledged level-triggered vectors are told.
    /// @param broadcast takes the vector, under the lock
    void onEndOfInterrupt(IntConsumer broadcast) {
        endOfInterrupt = broadcast;
    }

    /// The vector for a vCPU. Under the lock.
    /// @param vcpu its index
    /// @return 16 to 255, or -1
    int pending(int vcpu) {
        return apics[vcpu].pending();
    }

    /// A vCPU took a vector. Under the lock.
    /// @param vcpu its index
    /// @param vector what it took
    void accepted(int vcpu, int vector) {
        apics[vcpu].accepted(vector);
    }

    /// Whether a vCPU takes interrupts of the 8259A pair. Under the lock.
    /// @param vcpu its index
    /// @return true when LINT0 is in ExtINT mode and not masked
    boolean takesExtInt(int vcpu) {
        return apics[vcpu].takesExtInt();
    }

    /// Delivers a message (Intel SDM 3, "Message Address Register Format"). Under the lock.
    /// @param address message address; ignored outside of the APICs' window
    /// @param data message data
    void message(long address, int data) {
        if ((address & MESSAGE_WINDOW) != GPA || address >>> 32 != 0) {
            return;
        }
        int destination = (int) (address >>> 12) & 0xFF;
        boolean logical = (address & 4) != 0;
        boolean level = (data & 1 << 15) != 0;
        deliver(destination, logical, data >>> 8 & 7, data & 0xFF, level);
    }

    /// Sends what a vCPU wrote to its interrupt command register. Under the lock.
    /// @param from the sending APIC
    /// @param command the 64-bit register
    void command(LocalApic from, long command) {
        int mode = (int) (command >>> 8) & 7;
        int vector = (int) command & 0xFF;
        boolean assertLevel = (command & 1 << 14) != 0;
        boolean level = (command & 1 << 15) != 0;
        if (mode == INIT && level && !assertLevel) {
            // "INIT level de-assert" only synchronises arbitration ids, which later processors don't have.
            return;
        }
        switch ((int) (command >>> 18) & 3) {
            case SHORTHAND_SELF -> deliverTo(from, mode, vector, false);
            case SHORTHAND_ALL -> deliverAll(null, mode, vector);
            case SHORTHAND_OTHERS -> deliverAll(from, mode, vector);
            default -> deliver((int) (command >>> 56), (command & 1 << 11) != 0, mode, vector, false);
        }
    }

    /// A vCPU acknowledged a level-triggered vector. Under the lock.
    /// @param vector the vector
    void broadcastEndOfInterrupt(int vector) {
        endOfInterrupt.accept(vector);
    }

    /// A vCPU has something to look at. Under the lock.
    /// @param vcpu its index
    void wake(int vcpu) {
        wiring.wake(vcpu);
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        int vcpu = wiring.current();
        long ones = sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        if (vcpu < 0 || vcpu >= apics.length || (offset & 0xF) != 0) {
            return ones;
        }
        wiring.lock();
        try {
            return apics[vcpu].read((int) offset) & ones;
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        int vcpu = wiring.current();
        // Only aligned 32-bit accesses are defined (Intel SDM 3, "Local APIC Register Address Map").
        if (vcpu < 0 || vcpu >= apics.length || (offset & 0xF) != 0 || sizeBytes < 4) {
            return;
        }
        wiring.lock();
        try {
            apics[vcpu].write((int) offset, (int) value);
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void reset() {
        wiring.lock();
        try {
            for (LocalApic apic : apics) {
                apic.powerOn();
            }
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void close() {
        for (LocalApic apic : apics) {
            apic.close();
        }
    }

    private void deliverAll(@org.jspecify.annotations.Nullable LocalApic but, int mode, int vector) {
        for (LocalApic apic : apics) {
            if (apic != but) {
                deliverTo(apic, mode, vector, false);
            }
        }
    }

    private void deliver(int destination, boolean logical, int mode, int vector, boolean level) {
        if (mode == LOWEST_PRIORITY) {
            deliverLowest(destination, logical, vector, level);
            return;
        }
        for (LocalApic apic : apics) {
            if (matches(apic, destination, logical)) {
                deliverTo(apic, mode, vector, level);
            }
        }
    }

    private void deliverLowest(int destination, boolean logical, int vector, boolean level) {
        int best = -1;
        for (int i = 1; i <= apics.length; i++) {
            int candidate = (lastLowest + i) % apics.length;
            LocalApic apic = apics[candidate];
            if (apic.enabled() && matches(apic, destination, logical)
                    && (best < 0 || apic.processorPriority() < apics[best].processorPriority())) {
                best = candidate;
            }
        }
        if (best >= 0) {
            lastLowest = best;
            deliverTo(apics[best], FIXED, vector, level);
        }
    }

    private static boolean matches(LocalApic apic, int destination, boolean logical) {
        return logical
                ? apic.matchesLogical(destination)
                : destination == BROADCAST || destination == apic.id();
    }

    private void deliverTo(LocalApic apic, int mode, int vector, boolean level) {
        int vcpu = apic.vcpu();
        switch (mode) {
            case FIXED, LOWEST_PRIORITY -> apic.receive(vector, level);
            case INIT -> {
                apic.init();
                wiring.afterwards(() -> wiring.control().init(vcpu));
            }
            case STARTUP -> wiring.afterwards(() -> wiring.control().startup(vcpu, vector));
            default -> {
                // SMI, NMI, reserved, ExtINT: a vCPU has no such input.
            }
        }
    }
}
