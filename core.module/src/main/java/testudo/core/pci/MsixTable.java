package testudo.core.pci;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.MsiVector;

/// The MSI-X table and pending bits of a function (PCI 3.0, 6.8.2 "MSI-X Capability and Table Structures").
///
/// The guest's accesses are serialised here; [#raise] may come from any thread, takes no lock and does not allocate.
public final class MsixTable implements AutoCloseable {
    private static final int ENTRY_BYTES = 16;
    private static final int MASKED = 1;
    private static final int BLOCKED = 1;
    private static final int PENDING = 2;

    private final MsiVector[] vectors;
    private final int[] words;
    private final AtomicIntegerArray gates;
    private boolean enabled;
    private boolean functionMasked;

    /// Makes a table with all entries masked.
    /// @param vectors one for each entry; closed with the table
    public MsixTable(MsiVector[] vectors) {
        this.vectors = vectors.clone();
        words = new int[vectors.length * 4];
        gates = new AtomicIntegerArray(vectors.length);
        for (int i = 0; i < vectors.length; i++) {
            words[4 * i + 3] = MASKED;
            gates.set(i, BLOCKED);
        }
    }

    /// The number of entries.
    /// @return 1 to 2048
    public int size() {
        return vectors.length;
    }

    /// The guest has written the capability's message control register.
    /// @param control the register
    public synchronized void control(int control) {
        enabled = (control & 0x8000) != 0;
        functionMasked = (control & 0x4000) != 0;
        for (int i = 0; i < vectors.length; i++) {
            update(i);
        }
    }

    /// The guest reads the table.
    /// @param offset byte offset, any value
    /// @param sizeBytes 4 or 8, naturally aligned; anything else reads as ones
    /// @return the value
    public synchronized long read(long offset, int sizeBytes) {
        if (isOdd(offset, sizeBytes, (long) vectors.length * ENTRY_BYTES)) {
            return -1;
        }
        int word = (int) (offset >> 2);
        long low = Integer.toUnsignedLong(words[word]);
        return sizeBytes == 4 ? low : low | (long) words[word + 1] << 32;
    }

    /// The guest writes the table.
    /// @param offset byte offset, any value
    /// @param sizeBytes 4 or 8, naturally aligned; anything else is ignored
    /// @param value the value
    public synchronized void write(long offset, int sizeBytes, long value) {
        if (isOdd(offset, sizeBytes, (long) vectors.length * ENTRY_BYTES)) {
            return;
        }
        int word = (int) (offset >> 2);
        store(word, (int) value);
        if (sizeBytes == 8) {
            store(word + 1, (int) (value >>> 32));
        }
        update(word >> 2);
    }

    private void store(int word, int value) {
        words[word] = switch (word & 3) {
            case 0 -> value & ~3;
            case 3 -> value & MASKED;
            default -> value;
        };
    }

    private void update(int entry) {
        boolean blocked = !enabled || functionMasked || (words[4 * entry + 3] & MASKED) != 0;
        if (blocked) {
            gates.getAndUpdate(entry, MsixTable::block);
            return;
        }
        vectors[entry].program(Integer.toUnsignedLong(words[4 * entry]) | (long) words[4 * entry + 1] << 32, words[4 * entry + 2]);
        if ((gates.getAndSet(entry, 0) & PENDING) != 0) {
            vectors[entry].raise();
        }
    }

    private static int block(int gate) {
        return gate | BLOCKED;
    }

    private static int pend(int gate) {
        return gate | PENDING;
    }

    private static int unpend(int gate) {
        return gate & ~PENDING;
    }

    /// The guest reads the pending bits.
    /// @param offset byte offset, any value
    /// @param sizeBytes 4 or 8
    /// @return the bits
    public long readPending(long offset, int sizeBytes) {
        if (isOdd(offset, sizeBytes, (vectors.length + 63L) / 64 * 8)) {
            return -1;
        }
        long bits = 0;
        int first = (int) offset * 8;
        for (int i = 0; i < sizeBytes * 8 && first + i < vectors.length; i++) {
            if ((gates.get(first + i) & PENDING) != 0) {
                bits |= 1L << i;
            }
        }
        return bits;
    }

    /// Whether an access is none that the specification allows: not 4 or 8 bytes, not aligned, or not inside.
    private static boolean isOdd(long offset, int sizeBytes, long limitBytes) {
        return sizeBytes < 4 || (offset & (sizeBytes - 1)) != 0 || offset < 0 || offset > limitBytes - sizeBytes;
    }

    /// Whether the guest uses MSI-X.
    /// @return true after it has enabled it
    public synchronized boolean enabled() {
        return enabled;
    }

    /// Delivers a vector's message, or remembers that it should when the guest unmasks it.
    /// @param entry any value; one that does not exist is ignored
    public void raise(int entry) {
        if (entry < 0 || entry >= vectors.length) {
            return;
        }
        if (gates.get(entry) == 0) {
            vectors[entry].raise();
            return;
        }
        // The guest may unmask in between: whoever sees the pending bit with the gate open delivers.
        if ((gates.getAndUpdate(entry, MsixTable::pend) & BLOCKED) == 0) {
            gates.getAndUpdate(entry, MsixTable::unpend);
            vectors[entry].raise();
        }
    }

    /// Saves entries and pending bits. No vCPU runs, and nothing raises.
    /// @param state gets them
    public synchronized void save(StateWriter state) {
        state.putInt(vectors.length);
        for (int i = 0; i < vectors.length; i++) {
            for (int word = 0; word < 4; word++) {
                state.putInt(words[4 * i + word]);
            }
            state.putInt(gates.get(i) & PENDING);
        }
    }

    /// Takes over what was saved. [#control] follows, which programs the vectors.
    /// @param state from [#save]
    /// @param owner whose it is, for errors
    /// @throws VmmException.Config when it is damaged or of another size
    public synchronized void restore(StateReader state, String owner) {
        int count = state.getInt();
        if (count != vectors.length) {
            throw new VmmException.Config("%s: saved state has %d MSI-X entries, not %d".formatted(owner, count, vectors.length));
        }
        for (int i = 0; i < vectors.length; i++) {
            for (int word = 0; word < 4; word++) {
                store(4 * i + word, state.getInt());
            }
            gates.set(i, BLOCKED | (state.getInt() & PENDING));
        }
    }

    /// The event behind a vector that the guest lets through.
    /// @param entry any value
    /// @return nothing for a vector that does not exist, is masked, or has no event
    public Optional<HostEvent> event(int entry) {
        boolean open = entry >= 0 && entry < vectors.length && gates.get(entry) == 0;
        return open ? vectors[entry].event() : Optional.empty();
    }

    /// Forgets what is pending: the device was reset.
    public void clearPending() {
        for (int i = 0; i < vectors.length; i++) {
            gates.getAndUpdate(i, MsixTable::unpend);
        }
    }

    @Override
    public void close() {
        for (MsiVector vector : vectors) {
            vector.close();
        }
    }
}
