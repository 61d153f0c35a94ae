package testudo.plugin.irqchip.aia;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A hart's supervisor-level interrupt file (AIA 1.0, 3 "Incoming MSI Controller (IMSIC)"): which interrupt identities are pending and
/// enabled. [#post] may be called by any thread, everything else by the hart's.
///
/// A message sets its bit, then looks whether the hart wants to know; a hart enables, then looks what is pending. Both are sequentially
/// consistent, so that one of them sees the other.
final class InterruptFile {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int EIDELIVERY = 0x70;
    private static final int EITHRESHOLD = 0x72;
    private static final int EIP = 0x80;
    private static final int EIE = 0xC0;
    private static final int LAST = 0xFF;
    private static final int DELIVER = 1;
    private static final int IDENTITY_MASK = 0x7FF;

    private final int identities;
    private final long[] pending;
    private final long[] enabled;
    private volatile boolean delivers;
    private volatile int threshold;
    /// The pending word that the hart has just read, -1 for none: see [#writePending].
    private int readWord = -1;
    private long readValue;

    /// Makes a file with nothing pending and nothing enabled.
    /// @param identities the largest identity, one less than a multiple of 64
    InterruptFile(int identities) {
        this.identities = identities;
        this.pending = new long[(identities + 1) / Long.SIZE];
        this.enabled = new long[pending.length];
    }

    /// A message has come.
    /// @param identity any value; those that the file lacks are dropped
    /// @return whether the hart should look at [#top()]
    boolean post(int identity) {
        if (identity < 1 || identity > identities) {
            return false;
        }
        int word = identity >>> 6;
        long bit = 1L << identity;
        if (((long) WORDS.getAndBitwiseOr(pending, word, bit) & bit) != 0) {
            return false;
        }
        int limit = threshold;
        return delivers && ((long) WORDS.getVolatile(enabled, word) & bit) != 0 && (limit == 0 || identity < limit);
    }

    /// The interrupt that the hart should take: of those that are pending, enabled and below the threshold the lowest.
    /// @return an identity, or -1
    int top() {
        if (!delivers) {
            return -1;
        }
        for (int word = 0; word < pending.length; word++) {
            long both = (long) WORDS.getVolatile(pending, word) & (long) WORDS.getVolatile(enabled, word);
            if (both != 0) {
                int identity = word * Long.SIZE + Long.numberOfTrailingZeros(both);
                int limit = threshold;
                return limit == 0 || identity < limit ? identity : -1;
            }
        }
        return -1;
    }

    /// The hart has taken an interrupt.
    /// @param identity what [#top()] answered
    void claim(int identity) {
        readWord = -1;
        if (identity >= 1 && identity <= identities) {
            WORDS.getAndBitwiseAnd(pending, identity >>> 6, ~(1L << identity));
        }
    }

    /// The hart reads an indirect register (AIA 1.0, 3.8 "Indirectly accessed interrupt-file registers").
    /// @param register any value
    /// @return 0 where there is no register
    long read(int register) {
        readWord = -1;
        if (register == EIDELIVERY) {
            return delivers ? DELIVER : 0;
        }
        if (register == EITHRESHOLD) {
            return threshold;
        }
        int word = word(register);
        if (word < 0) {
            return 0;
        }
        if (register >= EIE) {
            return (long) WORDS.getVolatile(enabled, word);
        }
        readValue = (long) WORDS.getVolatile(pending, word);
        readWord = word;
        return readValue;
    }

    /// The hart writes an indirect register.
    /// @param register any value
    /// @param value any value; bits that the register lacks are dropped
    void write(int register, long value) {
        int word = word(register);
        if (register == EIDELIVERY) {
            delivers = value == DELIVER;
        } else if (register == EITHRESHOLD) {
            threshold = (int) value & IDENTITY_MASK;
        } else if (word >= 0) {
            long bits = word == 0 ? value & ~1L : value; // there is no identity 0
            if (register >= EIE) {
                WORDS.setVolatile(enabled, word, bits);
            } else {
                writePending(word, bits);
            }
        }
        readWord = -1;
    }

    /// Only what the hart changes is changed: it sets and clears bits by an instruction that reads and writes, and a message may come in
    /// between.
    private void writePending(int word, long bits) {
        long before = readWord == word ? readValue : (long) WORDS.getVolatile(pending, word);
        WORDS.getAndBitwiseOr(pending, word, bits & ~before);
        WORDS.getAndBitwiseAnd(pending, word, bits | ~before);
    }

    /// Nothing is pending or enabled any more.
    void reset() {
        delivers = false;
        threshold = 0;
        readWord = -1;
        for (int word = 0; word < pending.length; word++) {
            WORDS.setVolatile(pending, word, 0L);
            WORDS.setVolatile(enabled, word, 0L);
        }
    }

    /// The 64-bit word that an `eip` or `eie` register is; -1 for other registers and the odd ones, which 64-bit harts lack.
    private int word(int register) {
        if (register < EIP || register > LAST || (register & 1) != 0) {
            return -1;
        }
        int word = (register & 0x3F) >>> 1;
        return word < pending.length ? word : -1;
    }
}
