package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Takes commands to the monitor out of what a user types: Ctrl-A x ends the machine, Ctrl-A Ctrl-A and Ctrl-A a send one Ctrl-A.
/// Ctrl-A with anything else is passed on as typed.
final class EscapeFilter {
    private static final byte ESCAPE = 1;

    private final Runnable exit;
    private boolean escaped;

    /// Starts outside a command.
    /// @param exit what Ctrl-A x does
    EscapeFilter(Runnable exit) {
        this.exit = exit;
    }

    /// The most bytes that [#filter] makes of some.
    /// @return one more: an escape character may come from the call before
    static int mostBytes(int lengthBytes) {
        return lengthBytes + 1;
    }

    /// Filters input.
    /// @param from what was typed
    /// @param lengthBytes how much of it
    /// @param to what is for the guest, with room for [#mostBytes]
    /// @return bytes for the guest
    int filter(MemorySegment from, int lengthBytes, MemorySegment to) {
        int length = 0;
        for (int i = 0; i < lengthBytes; i++) {
            byte typed = from.get(ValueLayout.JAVA_BYTE, i);
            if (!escaped) {
                escaped = typed == ESCAPE;
                if (!escaped) {
                    to.set(ValueLayout.JAVA_BYTE, length++, typed);
                }
                continue;
            }
            escaped = false;
            switch (typed) {
                case 'x' -> exit.run();
                case 'a', ESCAPE -> to.set(ValueLayout.JAVA_BYTE, length++, ESCAPE);
                default -> {
                    to.set(ValueLayout.JAVA_BYTE, length++, ESCAPE);
                    to.set(ValueLayout.JAVA_BYTE, length++, typed);
                }
            }
        }
        return length;
    }
}
