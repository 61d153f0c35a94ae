package testudo.hypervisor.soft.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.memory.GuestRegion;

/// A hart's way to memory: virtual addresses in, values out.
///
/// [FastPath] finds what is in the TLB; everything else (translation, misaligned accesses, devices, faults) is here. Aligned accesses are
/// single-copy atomic and never hoisted or merged by the compiler. Loads give sign-extended values. Only the hart's thread calls it.
public final class Mmu {
    /// Accesses a 16-bit value of a segment at an aligned offset.
    public static final VarHandle SHORT = handle(ValueLayout.JAVA_SHORT);
    /// Accesses a 32-bit value of a segment at an aligned offset.
    public static final VarHandle INT = handle(ValueLayout.JAVA_INT);
    /// Accesses a 64-bit value of a segment at an aligned offset.
    public static final VarHandle LONG = handle(ValueLayout.JAVA_LONG);
    static final VarHandle BYTE = handle(ValueLayout.JAVA_BYTE);

    /// Bytes of a block of the cache-block instructions.
    public static final int CACHE_BLOCK_BYTES = 64;

    private static final int PAGE_SHIFT = 12;
    private static final int PAGE_BYTES = 1 << PAGE_SHIFT;
    private static final int PAGE_MASK = PAGE_BYTES - 1;

    /// The main RAM, which TLB offsets point into.
    public final MemorySegment ram;
    /// The exception that all accesses of this hart throw.
    public final GuestTrap trap = new GuestTrap();
    /// The TLB of the current privilege: read it anew after anything that may change the privilege, `sstatus` or `satp`.
    public Tlb tlb;

    /// Changes whenever a translation for fetches is forgotten: who keeps one elsewhere has to forget it too.
    public int epoch;

    private final PhysicalMemory memory;
    private final PageTable table;
    /// Pages that were translated for a fetch since the last [#flush()].
    private final AddressFilter executed = new AddressFilter(PAGE_SHIFT);
    private final Tlb userTlb = new Tlb();
    private final Tlb supervisorTlb = new Tlb();
    private final Tlb copyTlb = new Tlb();
    private VmExitHandler devices = NoExits.INSTANCE;

    /// Makes a hart's access to memory, translation off, in S-mode.
    /// @param memory the machine's
    public Mmu(PhysicalMemory memory) {
        this.memory = memory;
        ram = memory.ram;
        table = new PageTable(memory, trap);
        tlb = supervisorTlb;
    }

    private static VarHandle handle(ValueLayout layout) {
        return layout.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();
    }

    /// Who answers for addresses without memory, for the time of a run.
    /// @param handler the exit handler
    public void devices(VmExitHandler handler) {
        devices = handler;
    }

    /// Sets what decides about permissions.
    /// @param user whether in U-mode
    /// @param sum `sstatus.SUM`
    /// @param mxr `sstatus.MXR`
    public void context(boolean user, boolean sum, boolean mxr) {
        if (mxr != table.mxr) {
            flush();
        }
        table.user = user;
        table.sum = sum;
        table.mxr = mxr;
        tlb = user ? userTlb : sum ? copyTlb : supervisorTlb;
    }

    /// Sets the page table.
    /// @param satp a supported value
    public void root(long satp) {
        table.root(satp);
        flush();
    }

    /// Whether `satp` can hold a value.
    /// @param satp any value
    /// @return false when its mode is not supported: then the write has no effect
    public static boolean supports(long satp) {
        return PageTable.supports(satp);
    }

    /// Forgets all translations.
    public void flush() {
        epoch++;
        userTlb.flush();
        supervisorTlb.flush();
        copyTlb.flush();
        table.large.clear();
        executed.clear();
    }

    /// Forgets the translation of a page.
    /// @param va an address in it
    public void flush(long va) {
        if (table.large.mayContain(va)) {
            flush(); // the TLB may hold any piece of the page
            return;
        }
        if (executed.mayContain(va)) {
            epoch++;
        }
        userTlb.flush(va);
        supervisorTlb.flush(va);
        copyTlb.flush(va);
    }

    /// Loads 8 bits.
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public long loadByte(long va) {
        return FastPath.loadByte(ram, tlb.data, this, va);
    }

    /// Loads 16 bits.
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public long loadShort(long va) {
        return FastPath.loadShort(ram, tlb.data, this, va);
    }

    /// Loads 32 bits.
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public long loadInt(long va) {
        return FastPath.loadInt(ram, tlb.data, this, va);
    }

    /// Loads 64 bits.
    /// @param va any address
    /// @return the value
    /// @throws GuestTrap when the guest may not
    public long loadLong(long va) {
        return FastPath.loadLong(ram, tlb.data, this, va);
    }

    /// Stores 8 bits.
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public void storeByte(long va, long value) {
        FastPath.storeByte(ram, tlb.data, this, va, value);
    }

    /// Stores 16 bits.
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public void storeShort(long va, long value) {
        FastPath.storeShort(ram, tlb.data, this, va, value);
    }

    /// Stores 32 bits.
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public void storeInt(long va, long value) {
        FastPath.storeInt(ram, tlb.data, this, va, value);
    }

    /// Stores 64 bits.
    /// @param va any address
    /// @param value the value
    /// @throws GuestTrap when the guest may not
    public void storeLong(long va, long value) {
        FastPath.storeLong(ram, tlb.data, this, va, value);
    }

    /// Fetches an instruction.
    /// @param va its address, even
    /// @return 32 bits; of a 16-bit instruction the low half counts
    /// @throws GuestTrap when the guest may not
    public int fetch(long va) {
        if (tlb.fetches(va) && (va & PAGE_MASK) != PAGE_BYTES - 2) {
            return ram.get(PhysicalMemory.INT, va + tlb.fetchDelta(va));
        }
        return fetchSlowly(va);
    }

    /// Reads an instruction from RAM.
    /// @param offset where; two bytes further at least are in the same page
    /// @return 32 bits
    public int instruction(long offset) {
        return ram.get(PhysicalMemory.INT, offset);
    }

    private int fetchSlowly(long va) {
        if ((va & PAGE_MASK) != PAGE_BYTES - 2) {
            return (int) fetchUnit(va, 4);
        }
        int low = (int) fetchUnit(va, 2) & 0xFFFF;
        return (low & 3) == 3 ? low | (int) fetchUnit(va + 2, 2) << 16 : low;
    }

    private long fetchUnit(long va, int sizeBytes) {
        long offset = fetchOffset(va);
        if (offset >= 0) {
            return PhysicalMemory.read(ram, offset, sizeBytes);
        }
        long pa = table.translate(va, Access.FETCH);
        GuestRegion region = memory.find(pa, sizeBytes, false);
        if (region == null) {
            throw trap.of(GuestTrap.FETCH_ACCESS, va);
        }
        return PhysicalMemory.read(region.bytes(), pa - region.gpa(), sizeBytes);
    }

    /// Finds the RAM behind an instruction address, for a reader of whole pages of code.
    /// @param va even
    /// @return the offset in [#ram], good to the end of the page; -1 when the code lies elsewhere
    /// @throws GuestTrap when the guest may not execute it
    public long fetchOffset(long va) {
        long pa = table.translate(va, Access.FETCH);
        return enter(va, pa, Access.FETCH);
    }

    /// Puts a translation into the TLB if its page is in the main RAM.
    /// @return the offset of the address, or -1
    private long enter(long va, long pa, Access access) {
        long offset = memory.offset(pa & Tlb.PAGE, PAGE_BYTES);
        if (offset < 0) {
            return -1;
        }
        offset |= pa & PAGE_MASK;
        tlb.add(va, offset - va, access);
        if (access == Access.FETCH) {
            executed.add(va);
        }
        return offset;
    }

    long loadSlowly(long va, int sizeBytes) {
        int first = PAGE_BYTES - (int) (va & PAGE_MASK);
        if (first < sizeBytes) {
            long low = loadPart(va, first);
            return extend(low | loadPart(va + first, sizeBytes - first) << (first * Byte.SIZE), sizeBytes);
        }
        if (tlb.reads(va)) { // misaligned
            return extend(PhysicalMemory.read(ram, va + tlb.readDelta(va), sizeBytes), sizeBytes);
        }
        long pa = table.translate(va, Access.READ);
        long offset = enter(va, pa, Access.READ);
        if (offset >= 0) {
            return PhysicalMemory.read(ram, offset, sizeBytes);
        }
        GuestRegion region = memory.find(pa, sizeBytes, false);
        if (region != null) {
            return PhysicalMemory.read(region.bytes(), pa - region.gpa(), sizeBytes);
        }
        if ((va & sizeBytes - 1) != 0) {
            throw trap.of(GuestTrap.LOAD_ACCESS, va);
        }
        return extend(devices.mmioRead(pa, sizeBytes), sizeBytes);
    }

    private long loadPart(long va, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (loadByte(va + i) & 0xFF) << (i * Byte.SIZE);
        }
        return value;
    }

    private static long extend(long value, int sizeBytes) {
        int shift = Long.SIZE - sizeBytes * Byte.SIZE;
        return value << shift >> shift;
    }

    void storeSlowly(long va, int sizeBytes, long value) {
        if (!stored(va, sizeBytes, value)) {
            throw trap.of(GuestTrap.STOPPED, va);
        }
    }

    /// Stores anywhere.
    /// @return false when a device wants the run to end
    private boolean stored(long va, int sizeBytes, long value) {
        int first = PAGE_BYTES - (int) (va & PAGE_MASK);
        if (first < sizeBytes) {
            table.translate(va, Access.WRITE); // both parts may fault before either is written
            table.translate(va + first, Access.WRITE);
            boolean goesOn = true;
            for (int i = 0; i < sizeBytes; i++) {
                goesOn &= stored(va + i, 1, value >>> (i * Byte.SIZE));
            }
            return goesOn;
        }
        if (tlb.writes(va)) { // misaligned
            PhysicalMemory.write(ram, va + tlb.writeDelta(va), sizeBytes, value);
            return true;
        }
        long pa = table.translate(va, Access.WRITE);
        long offset = enter(va, pa, Access.WRITE);
        if (offset >= 0) {
            PhysicalMemory.write(ram, offset, sizeBytes, value);
            return true;
        }
        GuestRegion region = memory.find(pa, sizeBytes, true);
        if (region != null) {
            PhysicalMemory.write(region.bytes(), pa - region.gpa(), sizeBytes, value);
            return true;
        }
        if ((va & sizeBytes - 1) != 0) {
            throw trap.of(GuestTrap.STORE_ACCESS, va);
        }
        int unused = Long.SIZE - sizeBytes * Byte.SIZE;
        return devices.mmioWrite(pa, sizeBytes, value << unused >>> unused);
    }

    /// Finds the RAM for an atomic read-modify-write access.
    /// @param va any address
    /// @param sizeBytes 4 or 8
    /// @return an aligned offset in [#ram]
    /// @throws GuestTrap when it is misaligned, not in RAM, or the guest may not write there
    public long atomicOffset(long va, int sizeBytes) {
        long[] data = tlb.data;
        int slot = Tlb.slot(va);
        if (data[slot + Tlb.WRITE_TAG] == (va & (Tlb.PAGE | sizeBytes - 1))) {
            return va + data[slot + Tlb.WRITE_OFFSET];
        }
        if ((va & sizeBytes - 1) != 0) {
            throw trap.of(GuestTrap.STORE_MISALIGNED, va);
        }
        long offset = enter(va, table.translate(va, Access.WRITE), Access.WRITE);
        if (offset < 0) {
            throw trap.of(GuestTrap.STORE_ACCESS, va);
        }
        return offset;
    }

    /// Finds the RAM for a load that reserves.
    /// @param va any address
    /// @param sizeBytes 4 or 8
    /// @return an aligned offset in [#ram]
    /// @throws GuestTrap when it is misaligned, not in RAM, or the guest may not read there
    public long reservedOffset(long va, int sizeBytes) {
        long[] data = tlb.data;
        int slot = Tlb.slot(va);
        if (data[slot + Tlb.READ_TAG] == (va & (Tlb.PAGE | sizeBytes - 1))) {
            return va + data[slot + Tlb.READ_OFFSET];
        }
        if ((va & sizeBytes - 1) != 0) {
            throw trap.of(GuestTrap.LOAD_MISALIGNED, va);
        }
        long offset = enter(va, table.translate(va, Access.READ), Access.READ);
        if (offset < 0) {
            throw trap.of(GuestTrap.LOAD_ACCESS, va);
        }
        return offset;
    }

    /// Zeroes the cache block that holds an address (`cbo.zero`).
    /// @param va any address
    /// @throws GuestTrap when it is not in RAM or the guest may not write there
    public void zeroBlock(long va) {
        long offset = atomicOffset(va & -CACHE_BLOCK_BYTES, Long.BYTES);
        for (int i = 0; i < CACHE_BLOCK_BYTES; i += Long.BYTES) {
            LONG.setOpaque(ram, offset + i, 0L);
        }
    }

    /// Checks that a cache-block operation may touch an address: it needs permission to read or to write.
    /// @param va any address
    /// @throws GuestTrap a store fault when the guest may neither
    public void checkBlock(long va) {
        try {
            table.translate(va, Access.READ);
        } catch (GuestTrap unreadable) {
            table.translate(va, Access.WRITE);
        }
    }
}
