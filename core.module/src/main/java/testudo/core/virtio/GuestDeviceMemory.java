package testudo.core.virtio;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// A device's view of all of guest RAM, untranslated.
public final class GuestDeviceMemory implements DeviceMemory {
    private final GuestMemory memory;
    private final Discard discard;
    private volatile @Nullable DirtyPages dirty;

    /// Makes a view.
    /// @param memory the guest's
    /// @param discard gives RAM back to the host
    public GuestDeviceMemory(GuestMemory memory, Discard discard) {
        this.memory = memory;
        this.discard = discard;
    }

    @Override
    public Cursor cursor() {
        return new RegionCursor();
    }

    /// Attaches a log of the pages that the device writes, or detaches it. Pages of requests that are under way may be missed: attach it
    /// while the device is quiesced, or copy all memory after.
    /// @param log takes the marks from now on; null: nobody does
    public void track(@Nullable DirtyPages log) {
        dirty = log;
    }

    @Override
    public void markDirty(long address, long lengthBytes) {
        DirtyPages log = dirty;
        if (log != null) {
            log.mark(address, lengthBytes);
        }
    }

    @Override
    public long discard(long address, long lengthBytes) {
        GuestRegion region = memory.find(address, lengthBytes);
        if (region == null || region.purpose() != GuestRegion.Purpose.RAM) {
            return 0;
        }
        discard.discard(address, lengthBytes);
        markDirty(address, lengthBytes); // it reads as zero from now on
        return lengthBytes;
    }

    /// Gives guest RAM back to the host.
    @FunctionalInterface
    public interface Discard {
        /// Gives a range back; it reads as zero afterwards.
        /// @param gpa page-aligned, in RAM
        /// @param lengthBytes page-aligned
        void discard(long gpa, long lengthBytes);
    }

    private final class RegionCursor implements Cursor {
        /// Where the last range was: most buffers of a guest are in one region.
        private @Nullable GuestRegion last;
        private int generation;
        private MemorySegment segment = MemorySegment.NULL;
        private long offset;

        @Override
        public boolean seek(long address, long lengthBytes, boolean writable) {
            GuestRegion region = last;
            int now = memory.generation();
            if (region == null || generation != now || !region.contains(address, lengthBytes)) {
                region = memory.find(address, lengthBytes);
                last = region;
                generation = now;
            }
            if (region == null || (writable && region.purpose() == GuestRegion.Purpose.FIRMWARE)) {
                return false;
            }
            segment = region.bytes();
            offset = address - region.gpa();
            return true;
        }

        @Override
        public MemorySegment segment() {
            return segment;
        }

        @Override
        public long offset() {
            return offset;
        }
    }
}
