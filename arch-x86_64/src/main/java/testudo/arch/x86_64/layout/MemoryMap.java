package testudo.arch.x86_64.layout;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.MemoryRange;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.memory.GuestRegion.Purpose;

/// Guest physical memory: what is backed, what is reserved, where PCI devices go.
/// @param memoryBytes size of RAM as the user states it; the legacy hole counts as memory
/// @param pci the windows below 4 GiB
/// @param firmwareBytes what the firmware region below 4 GiB takes, a multiple of the page size; 0 without one
/// @param virtualConfig reserved addresses behind RAM for virtual PCI configuration registers
/// @param high addresses for 64-bit BARs
public record MemoryMap(long memoryBytes, PciWindows pci, long firmwareBytes, Window virtualConfig, Window high) {
    private static final long MIN_MEMORY_BYTES = 4L << 20;
    private static final long HUGE_PAGE_BYTES = 2L << 20;
    private static final int MAX_ADDRESS_BITS = 46;

    /// Lays out the memory of a machine.
    /// @param memoryBytes size of RAM
    /// @param pci the windows below 4 GiB
    /// @param firmwareBytes length of the firmware image, 0 without one
    /// @param addressBits width of a guest physical address
    /// @return the map
    /// @throws VmmException.Config when the size is not possible
    public static MemoryMap of(long memoryBytes, PciWindows pci, long firmwareBytes, int addressBits) {
        if (memoryBytes < MIN_MEMORY_BYTES || memoryBytes % Addresses.PAGE_BYTES != 0) {
            throw new VmmException.Config(
                    "memory size %d is not a multiple of 4096 bytes of at least 4 MiB (--mem)".formatted(memoryBytes));
        }
        long limit = 1L << Math.min(addressBits, MAX_ADDRESS_BITS);
        long ramBytes = Math.max(0, memoryBytes - pci.ramLimit());
        long configBytes = 2 * pci.ecam().sizeBytes();
        if (limit - configBytes - HUGE_PAGE_BYTES - Addresses.FOUR_GIB < 0
                || ramBytes > limit - configBytes - HUGE_PAGE_BYTES - Addresses.FOUR_GIB) {
            throw new VmmException.Config(
                    "memory size %d MiB does not fit into %d address bits (--mem); give the machine less memory"
                            .formatted(memoryBytes >> 20, addressBits));
        }
        long configStart = roundUp(Addresses.FOUR_GIB + ramBytes, HUGE_PAGE_BYTES);
        Window config = new Window(configStart, configBytes);
        Window high = new Window(config.end(), limit - config.end());
        return new MemoryMap(memoryBytes, pci, roundUp(firmwareBytes, Addresses.PAGE_BYTES), config, high);
    }

    /// The first address behind the RAM that starts at 1 MiB.
    /// @return an address below 4 GiB
    public long lowRamEnd() {
        return Math.min(memoryBytes, pci.ramLimit());
    }

    /// RAM from 4 GiB on.
    /// @return bytes, 0 or more
    public long highRamBytes() {
        return memoryBytes - lowRamEnd();
    }

    /// The backed ranges.
    /// @return ranges by address
    public List<MemoryRange> ranges() {
        List<MemoryRange> ranges = new ArrayList<>();
        ranges.add(new MemoryRange(0, Addresses.LEGACY_HOLE, Purpose.RAM));
        ranges.add(new MemoryRange(
                Addresses.LEGACY_HOLE, Addresses.HIGH_MEMORY - Addresses.LEGACY_HOLE, Purpose.RESERVED));
        ranges.add(new MemoryRange(Addresses.HIGH_MEMORY, lowRamEnd() - Addresses.HIGH_MEMORY, Purpose.RAM));
        if (firmwareBytes > 0) {
            ranges.add(new MemoryRange(Addresses.FOUR_GIB - firmwareBytes, firmwareBytes, Purpose.FIRMWARE));
        }
        if (highRamBytes() > 0) {
            ranges.add(new MemoryRange(Addresses.FOUR_GIB, highRamBytes(), Purpose.RAM));
        }
        return ranges;
    }

    /// The map that a kernel is handed: backed ranges, then addresses that only look free.
    /// @return at most [E820Entry#MAX_ENTRIES] entries
    public List<E820Entry> e820() {
        List<E820Entry> entries = new ArrayList<>();
        for (MemoryRange range : ranges()) {
            int type = range.purpose() == Purpose.RAM ? E820Entry.RAM : E820Entry.RESERVED;
            entries.add(new E820Entry(range.gpa(), range.sizeBytes(), type));
        }
        entries.add(reserved(pci.ecam()));
        entries.add(reserved(virtualConfig));
        entries.add(new E820Entry(
                Addresses.HYPERVISOR_PAGES, Addresses.HYPERVISOR_PAGES_BYTES, E820Entry.RESERVED));
        if (entries.size() > E820Entry.MAX_ENTRIES) {
            throw new VmmException.Config("the memory map has %d entries, a kernel takes %d"
                    .formatted(entries.size(), E820Entry.MAX_ENTRIES));
        }
        return entries;
    }

    /// Whether a kernel may be loaded somewhere: in RAM, above the legacy hole, in one piece.
    /// @param gpa the first address, any value
    /// @param sizeBytes length, any value
    /// @return true when it may
    public boolean holdsKernel(long gpa, long sizeBytes) {
        for (MemoryRange range : ranges()) {
            long offset = gpa - range.gpa();
            if (range.purpose() == Purpose.RAM && range.gpa() >= Addresses.HIGH_MEMORY && offset >= 0
                    && offset < range.sizeBytes() && sizeBytes >= 0 && sizeBytes <= range.sizeBytes() - offset) {
                return true;
            }
        }
        return false;
    }

    /// Finds the highest page-aligned place in RAM.
    /// @param sizeBytes length, positive
    /// @param from the lowest address allowed, 1 MiB or more
    /// @param max the highest address that the last byte may have
    /// @return an address, or -1 when there is no room
    public long highestPlace(long sizeBytes, long from, long max) {
        long best = -1;
        for (MemoryRange range : ranges()) {
            if (range.purpose() == Purpose.RAM && range.gpa() >= Addresses.HIGH_MEMORY) {
                long end = max < range.gpa() + range.sizeBytes() ? max + 1 : range.gpa() + range.sizeBytes();
                long start = (end - sizeBytes) & -Addresses.PAGE_BYTES;
                if (sizeBytes <= end && start >= Math.max(from, range.gpa())) {
                    best = start;
                }
            }
        }
        return best;
    }

    private static E820Entry reserved(Window window) {
        return new E820Entry(window.start(), window.sizeBytes(), E820Entry.RESERVED);
    }

    private static long roundUp(long value, long granule) {
        return (value + granule - 1) & -granule;
    }
}
