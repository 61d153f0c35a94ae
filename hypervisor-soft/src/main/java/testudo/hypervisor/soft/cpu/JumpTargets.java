package testudo.hypervisor.soft.cpu;

/// Where guest code jumps to: tells the interpreter when to hand over to translated code, and a translator what is worth translating.
///
/// Direct-mapped by address; only the hart's thread touches it. The interpreter asks at every taken branch and jump.
public final class JumpTargets {
    /// Entries, a power of two.
    public static final int ENTRIES = 1 << 14;

    private static final int TRANSLATED = 0;
    private static final int TAKEN = 1;

    /// For each slot the address whose translation is ready, or -1, and how often its target was taken: beside each other, because cold code
    /// comes here too and both are looked at.
    private final long[] slots = new long[ENTRIES << 1];
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
        int at = slot(pc) << 1;
        if (slots[at + TRANSLATED] == pc) {
            return true;
        }
        if (++slots[at + TAKEN] < threshold) {
            return false;
        }
        slots[at + TAKEN] = 0;
        hot = pc;
        return true;
    }

    /// Remembers that there is a translation.
    /// @param pc where it begins
    public void translated(long pc) {
        slots[(slot(pc) << 1) + TRANSLATED] = pc;
    }

    /// Forgets that there is a translation.
    /// @param pc where it began
    /// @return whether it was remembered
    public boolean forget(long pc) {
        int at = (slot(pc) << 1) + TRANSLATED;
        boolean was = slots[at] == pc;
        if (was) {
            slots[at] = -1;
        }
        return was;
    }

    /// Forgets all translations and counts.
    public void clear() {
        for (int i = 0; i < slots.length; i += 2) {
            slots[i + TRANSLATED] = -1;
            slots[i + TAKEN] = 0;
        }
    }
}
