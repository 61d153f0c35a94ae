package testudo.plugin.irqchip.x86;

import java.util.Arrays;

/// One local APIC in xAPIC mode (Intel SDM 3, "Advanced Programmable Interrupt Controller (APIC)").
///
/// Under the lock.
final class LocalApic {
    private static final int ID = 0x20;
    private static final int VERSION = 0x30;
    private static final int TASK_PRIORITY = 0x80;
    private static final int PROCESSOR_PRIORITY = 0xA0;
    private static final int END_OF_INTERRUPT = 0xB0;
    private static final int LOGICAL_DESTINATION = 0xD0;
    private static final int DESTINATION_FORMAT = 0xE0;
    private static final int SPURIOUS = 0xF0;
    private static final int IN_SERVICE = 0x100;
    private static final int TRIGGER_MODE = 0x180;
    private static final int REQUESTS = 0x200;
    private static final int ERROR_STATUS = 0x280;
    private static final int COMMAND_LOW = 0x300;
    private static final int COMMAND_HIGH = 0x310;
    private static final int LVT_TIMER = 0x320;
    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;
    private static final int LVT_ERROR = 0x370;
    private static final int TIMER_INITIAL = 0x380;
    private static final int TIMER_CURRENT = 0x390;
    private static final int TIMER_DIVIDE = 0x3E0;

    /// Six LVT entries, version 0x14.
    private static final int VERSION_VALUE = 5 << 16 | 0x14;
    private static final int LVT_ENTRIES = 6;
    private static final int[] LVT_BITS = {0x300FF, 0x107FF, 0x107FF, 0x1A7FF, 0x1A7FF, 0x100FF};
    private static final int MASKED = 1 << 16;
    private static final int TIMER_PERIODIC = 1 << 17;
    private static final int MODE_EXT_INT = 0x700;
    private static final int MODE_NMI = 0x400;
    private static final int SOFTWARE_ENABLE = 0x100;
    private static final int COMMAND_BITS = 0xCCFFF;
    private static final int FIRST_LEGAL_VECTOR = 16;
    private static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    private static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    private static final int ILLEGAL_REGISTER = 1 << 7;

    private final int vcpu;
    private final LocalApics bus;
    private final ApicTimer timer;
    private final int[] inService = new int[8];
    private final int[] triggerMode = new int[8];
    private final int[] requests = new int[8];
    private final int[] lvt = new int[LVT_ENTRIES];
    private int id;
    private int taskPriority;
    private int logicalDestination;
    private int destinationFormat;
    private int spurious;
    private int errorStatus;
    private int errors;
    private int commandLow;
    private int commandHigh;

    /// Makes it in its power-on state.
    /// @param vcpu whose it is
    /// @param bus what it is connected to
    /// @param timer its timer, closed with it
    LocalApic(int vcpu, LocalApics bus, ApicTimer timer) {
        this.vcpu = vcpu;
        this.bus = bus;
        this.timer = timer;
        timer.onExpiry(() -> local(0));
        powerOn();
    }

    /// Whose it is.
    /// @return the vCPU's index
    int vcpu() {
        return vcpu;
    }

    /// Its physical id.
    /// @return 0 to 255
    int id() {
        return id;
    }

    /// Whether software has enabled it.
    /// @return false after reset
    boolean enabled() {
        return (spurious & SOFTWARE_ENABLE) != 0;
    }

    /// Back to power-on, with the inputs as firmware leaves them.
    void powerOn() {
        id = vcpu;
        init();
        if (vcpu == 0) {
            lvt[lvtIndex(LVT_LINT0)] = MODE_EXT_INT;
            lvt[lvtIndex(LVT_LINT1)] = MODE_NMI;
        }
    }

    /// What INIT does: everything but the id.
    void init() {
        Arrays.fill(inService, 0);
        Arrays.fill(triggerMode, 0);
        Arrays.fill(requests, 0);
        Arrays.fill(lvt, MASKED);
        taskPriority = 0;
        logicalDestination = 0;
        destinationFormat = -1;
        spurious = 0xFF;
        errorStatus = 0;
        errors = 0;
        commandLow = 0;
        commandHigh = 0;
        timer.reset();
    }

    /// Stops the timer for good.
    void close() {
        timer.close();
    }

    /// Takes a fixed interrupt.
    /// @param vector 0 to 255; below 16 is an error
    /// @param level whether it is level-triggered
    void receive(int vector, boolean level) {
        if (!enabled()) {
            return;
        }
        if (vector < FIRST_LEGAL_VECTOR) {
            error(RECEIVE_ILLEGAL_VECTOR);
            return;
        }
        int bit = 1 << vector % 32;
        requests[vector / 32] |= bit;
        triggerMode[vector / 32] = level ? triggerMode[vector / 32] | bit : triggerMode[vector / 32] & ~bit;
        bus.wake(vcpu);
    }

    /// The highest request that is above the processor's priority.
    /// @return 16 to 255, or -1
    int pending() {
        int vector = enabled() ? highest(requests) : -1;
        return vector >= 0 && (vector & 0xF0) > (processorPriority() & 0xF0) ? vector : -1;
    }

    /// The processor took a vector.
    /// @param vector the vector; ignored when it is not requested
    void accepted(int vector) {
        int bit = 1 << vector % 32;
        if ((requests[vector / 32] & bit) != 0) {
            requests[vector / 32] &= ~bit;
            inService[vector / 32] |= bit;
        }
    }

    /// Whether interrupts of the 8259A pair get through.
    /// @return true when LINT0 is in ExtINT mode and not masked
    boolean takesExtInt() {
        return (lvt[lvtIndex(LVT_LINT0)] & (MASKED | MODE_EXT_INT)) == MODE_EXT_INT;
    }

    /// The priority below which the processor is not interrupted.
    /// @return 0 to 255
    int processorPriority() {
        int serviced = Math.max(highest(inService), 0) & 0xF0;
        return (taskPriority & 0xF0) >= serviced ? taskPriority : serviced;
    }

    /// Whether a logical destination is it ("Logical Destination Mode").
    /// @param destination 8 bits
    /// @return true when it is
    boolean matchesLogical(int destination) {
        int own = logicalDestination >>> 24;
        if (destination == 0xFF) {
            return true;
        }
        if (destinationFormat >>> 28 == 0xF) {
            return (own & destination) != 0;
        }
        return own >>> 4 == destination >>> 4 && (own & destination & 0xF) != 0;
    }

    /// Reads a register.
    /// @param offset a multiple of 16 below 4096
    /// @return 32 bits
    int read(int offset) {
        int bank = offset >>> 4 & 7;
        return switch (offset) {
            case ID -> id << 24;
            case VERSION -> VERSION_VALUE;
            case TASK_PRIORITY -> taskPriority;
            case PROCESSOR_PRIORITY -> processorPriority();
            case LOGICAL_DESTINATION -> logicalDestination;
            case DESTINATION_FORMAT -> destinationFormat;
            case SPURIOUS -> spurious;
            case ERROR_STATUS -> errorStatus;
            case COMMAND_LOW -> commandLow;
            case COMMAND_HIGH -> commandHigh;
            case TIMER_INITIAL -> timer.initial();
            case TIMER_CURRENT -> timer.current();
            case TIMER_DIVIDE -> timer.divide();
            default -> {
                if (offset >= IN_SERVICE && offset < ERROR_STATUS) {
                    yield (offset < TRIGGER_MODE ? inService : offset < REQUESTS ? triggerMode : requests)[bank];
                }
                if (offset >= LVT_TIMER && offset <= LVT_ERROR) {
                    yield lvt[lvtIndex(offset)];
                }
                error(ILLEGAL_REGISTER);
                yield 0;
            }
        };
    }

    /// Writes a register.
    /// @param offset a multiple of 16 below 4096
    /// @param value 32 bits
    void write(int offset, int value) {
        switch (offset) {
            case ID -> id = value >>> 24;
            case TASK_PRIORITY -> {
                taskPriority = value & 0xFF;
                wakeIfPending();
            }
            case END_OF_INTERRUPT -> endOfInterrupt();
            case LOGICAL_DESTINATION -> logicalDestination = value & 0xFF00_0000;
            case DESTINATION_FORMAT -> destinationFormat = value | 0x0FFF_FFFF;
            case SPURIOUS -> writeSpurious(value);
            case ERROR_STATUS -> {
                errorStatus = errors;
                errors = 0;
            }
            case COMMAND_LOW -> writeCommand(value);
            case COMMAND_HIGH -> commandHigh = value & 0xFF00_0000;
            case TIMER_INITIAL -> timer.start(value, (lvt[0] & TIMER_PERIODIC) != 0);
            case TIMER_DIVIDE -> timer.divide(value);
            default -> {
                if (offset >= LVT_TIMER && offset <= LVT_ERROR) {
                    writeLvt(lvtIndex(offset), value);
                } else if (offset < IN_SERVICE || offset >= ERROR_STATUS) {
                    error(offset == VERSION || offset == PROCESSOR_PRIORITY || offset == TIMER_CURRENT ? 0 : ILLEGAL_REGISTER);
                }
            }
        }
    }

    private static int lvtIndex(int offset) {
        return (offset - LVT_TIMER) >> 4;
    }

    private void writeSpurious(int value) {
        spurious = value & 0x1FF;
        if (!enabled()) {
            for (int i = 0; i < LVT_ENTRIES; i++) {
                lvt[i] |= MASKED;
            }
        }
        wakeIfPending();
    }

    private void writeLvt(int index, int value) {
        int kept = value & LVT_BITS[index];
        // There is no TSC deadline mode.
        lvt[index] = enabled() ? kept : kept | MASKED;
        if (index == 0) {
            timer.periodic((kept & TIMER_PERIODIC) != 0);
        } else if (index == lvtIndex(LVT_LINT0) && takesExtInt()) {
            bus.wake(vcpu);
        }
    }

    private void writeCommand(int value) {
        commandLow = value & COMMAND_BITS;
        int mode = value >>> 8 & 7;
        if (mode <= 1 && (value & 0xFF) < FIRST_LEGAL_VECTOR) {
            error(SEND_ILLEGAL_VECTOR);
            return;
        }
        bus.command(this, (long) commandHigh << 32 | (commandLow & 0xFFFF_FFFFL));
    }

    private void endOfInterrupt() {
        int vector = highest(inService);
        if (vector < 0) {
            return;
        }
        int bit = 1 << vector % 32;
        inService[vector / 32] &= ~bit;
        if ((triggerMode[vector / 32] & bit) != 0) {
            bus.broadcastEndOfInterrupt(vector);
        }
        wakeIfPending();
    }

    private void wakeIfPending() {
        if (pending() >= 0) {
            bus.wake(vcpu);
        }
    }

    private void error(int bits) {
        // One interrupt for each new kind of error: a bad vector in the error entry itself ends here.
        if ((errors | bits) != errors) {
            errors |= bits;
            local(lvtIndex(LVT_ERROR));
        }
    }

    private void local(int index) {
        int entry = lvt[index];
        if ((entry & MASKED) == 0) {
            receive(entry & 0xFF, false);
        }
    }

    private static int highest(int[] bits) {
        for (int bank = 7; bank >= 0; bank--) {
            if (bits[bank] != 0) {
                return 32 * bank + 31 - Integer.numberOfLeadingZeros(bits[bank]);
            }
        }
        return -1;
    }
}
