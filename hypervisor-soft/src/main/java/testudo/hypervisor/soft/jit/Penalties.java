package testudo.hypervisor.soft.jit;

/// Keeps code that changes again and again from being translated again and again: each time a page's translation turns out to be stale,
/// twice as many requests for that page are refused before the next is accepted. Any thread, under its lock.
final class Penalties {
    private static final int SLOTS = 4096;
    private static final int MAXIMUM_SHIFT = 12;
    private final byte[] shift = new byte[SLOTS];
    private final short[] refusals = new short[SLOTS];

    private static int slot(long offset) {
        long page = offset >>> 12;
        return (int) (page ^ page >>> 12) & SLOTS - 1;
    }

    /// Notes that a translation of code at an offset in RAM was stale.
    synchronized void stale(long offset) {
        int slot = slot(offset);
        shift[slot] = (byte) Math.min(shift[slot] + 1, MAXIMUM_SHIFT);
        refusals[slot] = (short) (1 << shift[slot]);
    }

    /// Says whether a request to translate code at an offset in RAM is accepted; a refusal is counted.
    synchronized boolean accepts(long offset) {
        int slot = slot(offset);
        if (refusals[slot] == 0) {
            return true;
        }
        refusals[slot]--;
        return false;
    }
}
