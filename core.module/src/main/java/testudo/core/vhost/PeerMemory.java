package testudo.core.vhost;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.VmmException;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostHandle;
import testudo.spi.host.SharedMemory;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.virtio.QueueFault;

/// Guest memory that a front-end shares, region by region. Changed on the session's thread while the device is paused.
final class PeerMemory implements DeviceMemory, AutoCloseable {
    /// How many regions we take: what GET_MAX_MEM_SLOTS answers.
    static final int MAX_REGIONS = 64;

    private final HandlePassing passing;
    private final GuestMemory memory = new GuestMemory();
    private final GuestDeviceMemory view = new GuestDeviceMemory(memory, this::discardPages);
    private final List<Region> regions = new ArrayList<>();
    private volatile @Nullable PageLog dirty;

    PeerMemory(HandlePassing passing) {
        this.passing = passing;
    }

    /// @param userAddress where the front-end has it: ring addresses are given in its address space
    private record Region(long gpa, long sizeBytes, long userAddress, SharedMemory bytes) {
        boolean is(long otherGpa, long otherSize, long otherUser) {
            return gpa == otherGpa && sizeBytes == otherSize && userAddress == otherUser;
        }
    }

    /// Adds a region.
    /// @param handle closed by this, in any case
    /// @throws PeerFault when the region can't be
    void add(long gpa, long sizeBytes, long userAddress, long offset, HostHandle handle) {
        try (handle) {
            if (regions.size() == MAX_REGIONS) {
                throw new PeerFault("more than %d memory regions".formatted(MAX_REGIONS));
            }
            if (sizeBytes <= 0 || gpa < 0 || gpa > Long.MAX_VALUE - sizeBytes
                    || Long.compareUnsigned(userAddress + sizeBytes, userAddress) < 0) {
                throw new PeerFault("a memory region that wraps");
            }
            SharedMemory bytes = passing.map(handle, offset, sizeBytes);
            try {
                memory.add(new GuestRegion(gpa, sizeBytes, Purpose.RAM, HostAccess.ALL, bytes.bytes()));
            } catch (IllegalArgumentException overlap) {
                bytes.close();
                throw new PeerFault("memory regions overlap");
            }
            regions.add(new Region(gpa, sizeBytes, userAddress, bytes));
        } catch (VmmException.Host refused) {
            throw new PeerFault("a memory region can't be mapped: " + refused.getMessage());
        }
    }

    /// Removes a region.
    /// @throws PeerFault when there is none like that
    void remove(long gpa, long sizeBytes, long userAddress) {
        for (Iterator<Region> all = regions.iterator(); all.hasNext();) {
            Region region = all.next();
            if (region.is(gpa, sizeBytes, userAddress)) {
                all.remove();
                memory.remove(gpa);
                region.bytes().close();
                return;
            }
        }
        throw new PeerFault("removes a memory region that is not there");
    }

    /// Removes all regions.
    void clear() {
        for (Region region : regions) {
            memory.remove(region.gpa());
            region.bytes().close();
        }
        regions.clear();
    }

    /// Turns an address of the front-end's process into a guest physical one.
    /// @throws PeerFault when it is in no region
    long guestAddress(long userAddress) {
        for (Region region : regions) {
            if (Long.compareUnsigned(userAddress - region.userAddress(), region.sizeBytes()) < 0) {
                return region.gpa() + (userAddress - region.userAddress());
            }
        }
        throw new PeerFault("a ring address is in no memory region");
    }

    /// How far a split ring was used.
    /// @param usedRing where its used ring is
    /// @return the index in it
    /// @throws QueueFault when that is not in memory
    int usedIndex(long usedRing) {
        if (memory.find(usedRing, 4) == null) {
            throw new QueueFault("a ring is not in guest memory");
        }
        return memory.readInt(usedRing) >>> 16;
    }

    /// Starts, replaces or ends the log of written pages.
    void log(@Nullable PageLog pages) {
        PageLog old = dirty;
        dirty = pages;
        if (old != null) {
            old.close();
        }
    }

    private void discardPages(long gpa, long sizeBytes) {
        for (Region region : regions) {
            if (gpa >= region.gpa() && gpa - region.gpa() <= region.sizeBytes() - sizeBytes) {
                region.bytes().discard(gpa - region.gpa(), sizeBytes);
                return;
            }
        }
    }

    @Override
    public Cursor cursor() {
        return view.cursor();
    }

    @Override
    public void markDirty(long address, long lengthBytes) {
        PageLog pages = dirty;
        if (pages != null) {
            pages.mark(address, lengthBytes);
        }
    }

    @Override
    public long discard(long address, long lengthBytes) {
        return view.discard(address, lengthBytes);
    }

    @Override
    public void close() {
        clear();
        log(null);
    }
}
