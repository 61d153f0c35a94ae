package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.VmmException;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;
import testudo.spi.hypervisor.DirtyLog;
import testudo.spi.hypervisor.MemoryDiscard;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;

/// The memory slots of a machine: each region is a memfd in a slot of its own. Any thread.
final class MemorySlots implements DirtyLog, MemoryDiscard, MemoryHandles {
    private static final int LOG_PAGE_BYTES = 4096;

    private final Descriptor vm;
    private final HostMemory host;
    private final String name;
    private final MemorySegment argument;
    private final GuestMemory memory = new GuestMemory();
    private final Map<Long, Slot> slots = new TreeMap<>();
    private final BitSet used = new BitSet();
    /// Memory of removed regions. A device may be in the middle of a request with it, so it stays mapped (but empty) to the end.
    private final List<SharedMemory> retired = new ArrayList<>();

    private record Slot(int number, SharedMemory backing, boolean readOnly) {}

    MemorySlots(Descriptor vm, HostMemory host, String name, Arena arena) {
        this.vm = vm;
        this.host = host;
        this.name = name;
        argument = arena.allocate(KvmUserspaceMemoryRegion.LAYOUT);
    }

    GuestMemory memory() {
        return memory;
    }

    synchronized GuestRegion add(MemoryRequest request) {
        SharedMemory backing = host.create(
                "%s.%s.%x".formatted(name, request.purpose(), request.gpa()), request.sizeBytes());
        GuestRegion region = new GuestRegion(
                request.gpa(), request.sizeBytes(), request.purpose(), HostAccess.ALL, backing.bytes());
        Slot slot = new Slot(used.nextClearBit(0), backing, request.readOnly());
        boolean added = false;
        try {
            memory.add(region);
            added = true;
            set(slot, request.gpa(), request.sizeBytes(), 0);
        } catch (RuntimeException failure) {
            if (added) {
                memory.remove(request.gpa());
            }
            backing.close();
            throw failure;
        }
        used.set(slot.number());
        slots.put(request.gpa(), slot);
        return region;
    }

    synchronized void remove(long gpa) {
        Slot slot = slot(gpa);
        set(slot, gpa, 0, 0);
        memory.remove(gpa);
        slots.remove(gpa);
        used.clear(slot.number());
        retired.add(slot.backing());
        slot.backing().discard(0, slot.backing().sizeBytes());
    }

    @Override
    public synchronized void track(long gpa, boolean on) {
        Slot slot = slot(gpa);
        set(slot, gpa, slot.backing().sizeBytes(), on ? KvmUserspaceMemoryRegion.LOG_DIRTY_PAGES : 0);
    }

    @Override
    public synchronized long[] take(long gpa) {
        Slot slot = slot(gpa);
        long pages = (slot.backing().sizeBytes() + LOG_PAGE_BYTES - 1) / LOG_PAGE_BYTES;
        long words = (pages + Long.SIZE - 1) / Long.SIZE;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = arena.allocate(JAVA_LONG, words);
            MemorySegment log = arena.allocate(KvmDirtyLog.LAYOUT);
            log.set(JAVA_INT, KvmDirtyLog.SLOT, slot.number());
            log.set(JAVA_LONG, KvmDirtyLog.DIRTY_BITMAP, bitmap.address());
            Errno.check(
                    Ioctl.call(vm.descriptor(), KvmDirtyLog.GET, log.address()),
                    "cannot read the dirty log of region 0x%x [hypervisor kvm]".formatted(gpa));
            return bitmap.toArray(JAVA_LONG);
        }
    }

    @Override
    public synchronized void discard(long gpa, long sizeBytes) {
        GuestRegion region = memory.find(gpa, sizeBytes);
        if (region == null) {
            throw new VmmException.Host(
                    VmmException.Kind.MISSING, "no memory at 0x%x+0x%x [hypervisor kvm]".formatted(gpa, sizeBytes));
        }
        slot(region.gpa()).backing().discard(gpa - region.gpa(), sizeBytes);
    }

    @Override
    public synchronized HostHandle handle(long gpa) {
        return slot(gpa).backing();
    }

    private Slot slot(long gpa) {
        Slot slot = slots.get(gpa);
        if (slot == null) {
            throw new VmmException.Host(
                    VmmException.Kind.MISSING, "no memory region starts at 0x%x [hypervisor kvm]".formatted(gpa));
        }
        return slot;
    }

    private void set(Slot slot, long gpa, long sizeBytes, int flags) {
        int all = slot.readOnly() ? flags | KvmUserspaceMemoryRegion.READONLY : flags;
        argument.set(JAVA_INT, KvmUserspaceMemoryRegion.SLOT, slot.number());
        argument.set(JAVA_INT, KvmUserspaceMemoryRegion.FLAGS, all);
        argument.set(JAVA_LONG, KvmUserspaceMemoryRegion.GUEST_PHYS_ADDR, gpa);
        argument.set(JAVA_LONG, KvmUserspaceMemoryRegion.MEMORY_SIZE, sizeBytes);
        argument.set(
                JAVA_LONG,
                KvmUserspaceMemoryRegion.USERSPACE_ADDR,
                slot.backing().bytes().address());
        Errno.check(
                Ioctl.call(vm.descriptor(), KvmUserspaceMemoryRegion.SET, argument.address()),
                "cannot set memory region 0x%x+0x%x [hypervisor kvm]".formatted(gpa, sizeBytes));
    }

    /// Releases all memory. The machine's descriptor has been closed before.
    synchronized void close() {
        slots.forEach((gpa, slot) -> {
            memory.remove(gpa);
            slot.backing().close();
        });
        slots.clear();
        retired.forEach(SharedMemory::close);
        retired.clear();
    }
}
