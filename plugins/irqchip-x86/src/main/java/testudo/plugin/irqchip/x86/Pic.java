package testudo.plugin.irqchip.x86;

/// One 8259A (Intel 8259A data sheet, "Initialization Command Words" and "Operation Command Words") with its edge/level register.
///
/// Under the lock.
final class Pic {
    private static final int ICW1 = 0x10;
    private static final int ICW1_NEEDS_ICW4 = 1;
    private static final int ICW1_SINGLE = 2;
    private static final int ICW4_AUTO_EOI = 2;
    private static final int ICW4_FULLY_NESTED = 0x10;
    private static final int OCW3 = 8;
    private static final int OCW3_POLL = 4;

    private final int levelMask;
    private int lines;
    private int requests;
    private int inService;
    private int mask;
    private int levels;
    private int vectorBase;
    private int lowestPriority;
    private int initStep;
    private boolean needsIcw4;
    private boolean single;
    private boolean autoEoi;
    private boolean rotateOnAutoEoi;
    private boolean specialFullyNested;
    private boolean specialMask;
    private boolean readInService;
    private boolean poll;

    /// Makes a chip that has not been initialised.
    /// @param levelMask inputs that may be level-triggered
    Pic(int levelMask) {
        this.levelMask = levelMask;
        reset();
    }

    /// Back to power-on; the levels of the inputs stay.
    void reset() {
        initialise();
        levels = 0;
        vectorBase = 0;
        initStep = 0;
    }

    /// Sets an input.
    /// @param input 0 to 7
    /// @param high its level
    void set(int input, boolean high) {
        int bit = 1 << input;
        if (high) {
            if ((levels & bit) != 0 || (lines & bit) == 0) {
                requests |= bit;
            }
            lines |= bit;
        } else {
            lines &= ~bit;
            if ((levels & bit) != 0) {
                requests &= ~bit;
            }
        }
    }

    /// Takes the request of the second chip back; it is made anew from that chip's output.
    void withdrawCascade() {
        requests &= ~(1 << PcInterruptController.CASCADE);
    }

    /// The request of highest priority that may interrupt what is in service.
    /// @return 0 to 7, or -1
    int pendingInput() {
        int wanting = requests & ~mask;
        if (wanting == 0) {
            return -1;
        }
        int blocking = specialMask ? inService & ~mask : inService;
        for (int i = 1; i <= 8; i++) {
            int input = lowestPriority + i & 7;
            int bit = 1 << input;
            boolean mayRepeat = specialFullyNested && input == PcInterruptController.CASCADE;
            if ((blocking & bit) != 0 && !mayRepeat) {
                if (!specialMask) {
                    return -1;
                }
                continue;
            }
            if ((wanting & bit) != 0) {
                return input;
            }
        }
        return -1;
    }

    /// The vector of an input.
    /// @param input 0 to 7
    /// @return 0 to 255
    int vector(int input) {
        return vectorBase | input;
    }

    /// The processor took an input's interrupt.
    /// @param input 0 to 7
    void acknowledge(int input) {
        int bit = 1 << input;
        if ((levels & bit) == 0) {
            requests &= ~bit;
        }
        if (autoEoi) {
            if (rotateOnAutoEoi) {
                lowestPriority = input;
            }
        } else {
            inService |= bit;
        }
    }

    /// Reads a port.
    /// @param port 0 command, 1 data
    /// @return 8 bits
    int read(int port) {
        if (poll) {
            poll = false;
            int input = pendingInput();
            if (input < 0) {
                return 0;
            }
            acknowledge(input);
            return 0x80 | input;
        }
        if (port == 1) {
            return mask;
        }
        return readInService ? inService : requests;
    }

    /// Writes a port.
    /// @param port 0 command, 1 data
    /// @param value 8 bits
    void write(int port, int value) {
        if (port == 1) {
            writeData(value);
        } else if ((value & ICW1) != 0) {
            initialise();
            needsIcw4 = (value & ICW1_NEEDS_ICW4) != 0;
            single = (value & ICW1_SINGLE) != 0;
            initStep = 2;
        } else if ((value & OCW3) != 0) {
            writeOcw3(value);
        } else {
            writeOcw2(value);
        }
    }

    /// The edge/level register.
    /// @return a set bit for each level-triggered input
    int levels() {
        return levels;
    }

    /// Sets the edge/level register.
    /// @param value a set bit for each level-triggered input
    void levels(int value) {
        levels = value & levelMask;
        requests = (requests & ~levels) | (lines & levels);
    }

    private void initialise() {
        requests = lines & levels;
        inService = 0;
        mask = 0;
        lowestPriority = 7;
        autoEoi = false;
        rotateOnAutoEoi = false;
        specialFullyNested = false;
        specialMask = false;
        readInService = false;
        poll = false;
    }

    private void writeData(int value) {
        switch (initStep) {
            case 2 -> {
                vectorBase = value & 0xF8;
                initStep = single ? needsIcw4 ? 4 : 0 : 3;
            }
            case 3 -> initStep = needsIcw4 ? 4 : 0;
            case 4 -> {
                autoEoi = (value & ICW4_AUTO_EOI) != 0;
                specialFullyNested = (value & ICW4_FULLY_NESTED) != 0;
                initStep = 0;
            }
            default -> mask = value;
        }
    }

    private void writeOcw3(int value) {
        poll = (value & OCW3_POLL) != 0;
        if ((value & 2) != 0) {
            readInService = (value & 1) != 0;
        }
        if ((value & 0x40) != 0) {
            specialMask = (value & 0x20) != 0;
        }
    }

    private void writeOcw2(int value) {
        int level = value & 7;
        switch (value >>> 5) {
            case 0 -> rotateOnAutoEoi = false;
            case 4 -> rotateOnAutoEoi = true;
            case 1, 5 -> {
                int highest = highestInService();
                if (highest >= 0) {
                    inService &= ~(1 << highest);
                    if (value >>> 5 == 5) {
                        lowestPriority = highest;
                    }
                }
            }
            case 3 -> inService &= ~(1 << level);
            case 6 -> lowestPriority = level;
            case 7 -> {
                inService &= ~(1 << level);
                lowestPriority = level;
            }
            default -> {
                // 2: no operation.
            }
        }
    }

    private int highestInService() {
        for (int i = 1; i <= 8; i++) {
            int input = lowestPriority + i & 7;
            if ((inService & 1 << input) != 0 && !(specialMask && (mask & 1 << input) != 0)) {
                return input;
            }
        }
        return -1;
    }
}
