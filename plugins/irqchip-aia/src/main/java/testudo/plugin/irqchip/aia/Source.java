package testudo.plugin.irqchip.aia;

import org.jspecify.annotations.Nullable;
import testudo.spi.irq.Trigger;

/// An interrupt source of the APLIC (AIA 1.0, 4.7 "Precise effects on interrupt-pending bits", for delivery by messages). Under the
/// APLIC's lock.
final class Source {
    private static final int INACTIVE = 0;
    private static final int DETACHED = 1;
    private static final int EDGE_RISING = 4;
    private static final int EDGE_FALLING = 5;
    private static final int LEVEL_HIGH = 6;
    private static final int LEVEL_LOW = 7;
    private static final int DELEGATE = 1 << 10;
    private static final int MODE_MASK = 7;

    private @Nullable Trigger trigger;
    private int highLines;
    private int mode = INACTIVE;
    private int target;
    private boolean pending;
    private boolean enabled;

    /// Connects another line.
    /// @return false when the others have another trigger
    boolean wire(Trigger wanted) {
        if (trigger != null && trigger != wanted) {
            return false;
        }
        trigger = wanted;
        return true;
    }

    /// A line has changed.
    void lineChanged(boolean high) {
        boolean before = input();
        highLines += high ? 1 : -1;
        boolean after = input();
        // An edge while another device holds the input high would be lost: it counts as one.
        boolean again = high && highLines > 1 && trigger == Trigger.EDGE;
        if ((after && !before) || (again && mode == EDGE_RISING)) {
            pending = true;
        } else if (before && !after && isLevel()) {
            pending = false;
        }
    }

    /// The input as the mode makes it: high means that it asks.
    boolean input() {
        boolean high = highLines > 0;
        return switch (mode) {
            case EDGE_RISING, LEVEL_HIGH -> high;
            case EDGE_FALLING, LEVEL_LOW -> !high;
            default -> false;
        };
    }

    /// Writes `sourcecfg`.
    void configure(int value) {
        int wanted = value & MODE_MASK;
        boolean known = wanted == DETACHED || wanted >= EDGE_RISING;
        mode = (value & DELEGATE) == 0 && known ? wanted : INACTIVE; // there is no domain to delegate to
        if (mode == INACTIVE) {
            pending = false;
            enabled = false;
            target = 0;
        } else if (isLevel()) {
            pending = input();
        }
    }

    int mode() {
        return mode;
    }

    /// Writes or clears the pending bit.
    void setPending(boolean wanted) {
        if (!wanted) {
            pending = false;
        } else if (isLevel()) {
            pending = input(); // how a driver asks whether the device still wants something
        } else {
            pending = mode != INACTIVE;
        }
    }

    void setEnabled(boolean wanted) {
        enabled = wanted && mode != INACTIVE;
    }

    boolean isPending() {
        return pending;
    }

    boolean isEnabled() {
        return enabled;
    }

    int target() {
        return target;
    }

    /// Writes `target`.
    void target(int value) {
        target = mode == INACTIVE ? 0 : value;
    }

    /// Whether a message is due; then it is taken as sent.
    boolean takeForwarding() {
        if (!pending || !enabled) {
            return false;
        }
        pending = false;
        return true;
    }

    /// As at power-on. The lines keep their levels.
    void reset() {
        configure(INACTIVE);
    }

    private boolean isLevel() {
        return mode >= LEVEL_HIGH;
    }
}
