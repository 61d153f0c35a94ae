package testudo.spi.irq;

/// A wire from one device to an interrupt controller. Any thread; never blocks for long.
public interface InterruptLine {
    /// Sets the level. For an edge line a change from low to high is one interrupt.
    /// @param high the new level
    void set(boolean high);

    /// One interrupt on an edge line: high, then low.
    default void pulse() {
        set(true);
        set(false);
    }

    /// Asks to be called when the guest acknowledges a level interrupt, so that the device can look whether it still needs it.
    /// @param acknowledged called on a thread of the machine; replaces an earlier one
    default void onAcknowledge(Runnable acknowledged) {}
}
