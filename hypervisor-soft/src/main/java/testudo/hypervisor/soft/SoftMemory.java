package testudo.hypervisor.soft;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;
import testudo.spi.hypervisor.MemoryDiscard;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;

/// A machine's memory: shared memory of the host, so that device processes can map it, or where there is none memory of this process.
final class SoftMemory implements MemoryDiscard, MemoryHandles {
    private static final long ALIGNMENT = 4096;

    private final HostMemory host;
    private final String name;
    private final GuestMemory memory = new GuestMemory();
    private final Map<Long, SharedMemory> shared = new TreeMap<>();
    private final Arena arena = Arena.ofShared();

    SoftMemory(HostMemory host, String name) {
        this.host = host;
        this.name = name;
    }

    GuestMemory memory() {
        return memory;
    }

    synchronized GuestRegion add(MemoryRequest request) {
        SharedMemory backing = share(request);
        MemorySegment bytes = backing != null ? backing.bytes() : allocate(request.sizeBytes());
        GuestRegion region = new GuestRegion(request.gpa(), request.sizeBytes(), request.purpose(), HostAccess.ALL, bytes);
        boolean added = false;
        try {
            memory.add(region);
            added = true;
        } finally {
            if (!added && backing != null) {
                backing.close();
            }
        }
        if (backing != null) {
            shared.put(request.gpa(), backing);
        }
        return region;
    }

    private @Nullable SharedMemory share(MemoryRequest request) {
        try {
            return host.create("%s.%s.%x".formatted(name, request.purpose(), request.gpa()), request.sizeBytes());
        } catch (VmmException.Host failure) {
            if (failure.kind() != VmmException.Kind.UNSUPPORTED) {
                throw failure;
            }
            return null;
        }
    }

    private MemorySegment allocate(long sizeBytes) {
        try {
            return arena.allocate(sizeBytes, ALIGNMENT);
        } catch (OutOfMemoryError exhausted) {
            throw new VmmException.Host(
                    VmmException.Kind.EXHAUSTED, "no %d bytes of memory for the guest [hypervisor soft]".formatted(sizeBytes), exhausted);
        }
    }

    @Override
    public synchronized void discard(long gpa, long sizeBytes) {
        GuestRegion region = memory.find(gpa, sizeBytes);
        if (region == null) {
            throw new VmmException.Host(
                    VmmException.Kind.MISSING, "no memory at 0x%x+0x%x [hypervisor soft]".formatted(gpa, sizeBytes));
        }
        SharedMemory backing = shared.get(region.gpa());
        if (backing != null) {
            backing.discard(gpa - region.gpa(), sizeBytes);
        } else {
            region.bytes().asSlice(gpa - region.gpa(), sizeBytes).fill((byte) 0);
        }
    }

    @Override
    public synchronized HostHandle handle(long gpa) {
        SharedMemory backing = shared.get(gpa);
        if (backing == null) {
            throw new VmmException.Host(
                    VmmException.Kind.UNSUPPORTED, "the memory at 0x%x can't be shared [hypervisor soft]".formatted(gpa));
        }
        return backing;
    }

    /// Releases all memory. No hart runs any more.
    synchronized void close() {
        memory.regions().forEach(region -> memory.remove(region.gpa()));
        shared.values().forEach(SharedMemory::close);
        shared.clear();
        arena.close();
    }
}
