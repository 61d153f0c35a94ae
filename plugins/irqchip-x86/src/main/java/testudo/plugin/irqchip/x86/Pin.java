package testudo.plugin.irqchip.x86;

import org.jspecify.annotations.Nullable;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.Trigger;

/// An input that several devices may share: high while any of their lines is.
final class Pin {
    private final Wiring wiring;
    private final Input input;
    private final Trigger trigger;
    private int highLines;

    /// What the pin is wired to.
    @FunctionalInterface
    interface Input {
        /// The pin has changed. Under the lock.
        /// @param high its level
        void set(boolean high);
    }

    /// Makes a low pin.
    /// @param wiring the lock
    /// @param input what it is wired to
    /// @param trigger of all its lines
    Pin(Wiring wiring, Input input, Trigger trigger) {
        this.wiring = wiring;
        this.input = input;
        this.trigger = trigger;
    }

    /// How the pin's lines ask.
    /// @return the trigger
    Trigger trigger() {
        return trigger;
    }

    /// Makes a line to the pin.
    /// @return a low line
    Line newLine() {
        return new Line();
    }

    /// A device's line.
    final class Line implements InterruptLine {
        private boolean level;
        private volatile @Nullable Runnable acknowledged;

        @Override
        public void set(boolean high) {
            wiring.lock();
            try {
                if (level == high) {
                    return;
                }
                level = high;
                highLines += high ? 1 : -1;
                // An edge while another device holds the pin high would be lost: show it as one.
                if (high && highLines > 1 && trigger == Trigger.EDGE) {
                    input.set(false);
                    input.set(true);
                } else if (highLines == (high ? 1 : 0)) {
                    input.set(high);
                }
            } finally {
                wiring.unlock();
            }
        }

        @Override
        public void onAcknowledge(Runnable run) {
            acknowledged = run;
        }

        /// What the device wants to be called with.
        /// @return null when it does not
        @Nullable
        Runnable acknowledged() {
            return acknowledged;
        }
    }
}
