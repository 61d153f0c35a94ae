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

    @Override
    public void markDirty(long address, long lengthBytes) {
        // no dirty log is running: the hypervisor tracks only the guest's own writes, and nothing here asks for more yet
    }

    @Override
    public long discard(long address, long lengthBytes) {
        GuestRegion region = memory.find(address, lengthBytes);
        if (region == null || region.purpose() != GuestRegion.Purpose.RAM) {
            return 0;
        }
        discard.discard(address, lengthBytes);
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
