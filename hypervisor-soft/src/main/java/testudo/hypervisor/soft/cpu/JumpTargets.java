package testudo.hypervisor.soft.cpu;

import java.util.Arrays;

/// Where guest code jumps to: tells the interpreter when to hand over to translated code, and a translator what is worth translating.
///
/// Direct-mapped by address; only the hart's thread touches it. The interpreter asks at every taken branch and jump.
public final class JumpTargets {
    /// Entries, a power of two.
    public static final int ENTRIES = 1 << 14;

    /// For each slot the address whose translation is ready, or -1.
    public final long[] translated = new long[ENTRIES];
    private final int[] taken = new int[ENTRIES];
    /// How often a target is taken before the interpreter returns with it; never, as long as nobody translates.
    public int threshold = Integer.MAX_VALUE;

    /// The last address that was taken so often, or -1.
    public long hot = -1;

    /// Makes an empty table.
    public JumpTargets() {
        clear();
    }

    /// The slot of an address.
    /// @param pc even
    /// @return 0 to [#ENTRIES] - 1
    public static int slot(long pc) {
        return (int) (pc >>> 1 ^ pc >>> 15) & ENTRIES - 1;
    }

    /// Whether the interpreter has to return before it executes what is at an address; counts the visit.
    /// @param pc the target of a taken branch or jump
    /// @return true when it is translated, or has just been taken [#threshold] times (its count then starts again)
    public boolean stopsAt(long pc) {
        int slot = slot(pc);
        if (translated[slot] == pc) {
            return true;
        }
        if (++taken[slot] < threshold) {
            return false;
        }
        taken[slot] = 0;
        hot = pc;
        return true;
    }

    /// Forgets all translations and counts.
    public void clear() {
        Arrays.fill(translated, -1);
        Arrays.fill(taken, 0);
    }
}
