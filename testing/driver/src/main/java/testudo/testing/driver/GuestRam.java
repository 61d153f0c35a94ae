package testudo.testing.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;
import testudo.spi.memory.GuestRegion.Purpose;

/// One region of guest RAM in off-heap memory, with room handed out from its start.
public final class GuestRam implements AutoCloseable {
    private static final long PAGE_BYTES = 4096;

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory = new GuestMemory();
    private final MemorySegment bytes;
    private final long gpa;
    private long next;

    /// Makes RAM.
    /// @param gpa its first address, page-aligned
    /// @param sizeBytes page-aligned
    public GuestRam(long gpa, long sizeBytes) {
        this.gpa = gpa;
        bytes = arena.allocate(sizeBytes, PAGE_BYTES);
        memory.add(new GuestRegion(gpa, sizeBytes, Purpose.RAM, HostAccess.ALL, bytes));
        next = gpa;
    }

    /// Makes RAM of memory that somebody else owns, such as memory that is shared with another process.
    /// @param gpa its first address, page-aligned
    /// @param bytes page-aligned; must stay as long as this
    public GuestRam(long gpa, MemorySegment bytes) {
        this.gpa = gpa;
        this.bytes = bytes;
        memory.add(new GuestRegion(gpa, bytes.byteSize(), Purpose.RAM, HostAccess.ALL, bytes));
        next = gpa;
    }

    /// Guest memory with this region; tests may add more.
    /// @return the memory
    public GuestMemory memory() {
        return memory;
    }

    /// The region's bytes.
    /// @return a segment, valid until [#close()]
    public MemorySegment bytes() {
        return bytes;
    }

    /// The first address.
    /// @return guest physical address
    public long gpa() {
        return gpa;
    }

    /// The first address behind the region.
    /// @return guest physical address
    public long end() {
        return gpa + bytes.byteSize();
    }

    /// Hands out room.
    /// @param sizeBytes how much
    /// @param alignment a power of two
    /// @return its guest physical address
    /// @throws IllegalStateException when there is not enough left
    public long allocate(long sizeBytes, long alignment) {
        long at = (next + alignment - 1) & -alignment;
        if (at + sizeBytes > end()) {
            throw new IllegalStateException("the test's guest RAM is full");
        }
        next = at + sizeBytes;
        return at;
    }

    /// Adds a second region with memory of its own.
    /// @param address its first address
    /// @param sizeBytes its length
    public void addRegion(long address, long sizeBytes) {
        memory.add(new GuestRegion(
                address, sizeBytes, Purpose.RAM, HostAccess.ALL, arena.allocate(sizeBytes, PAGE_BYTES)));
    }

    @Override
    public void close() {
        arena.close();
    }
}
