package testudo.hypervisor.soft.mmu;

import java.lang.foreign.MemorySegment;

/// Loads and stores of what the TLB knows: one compare, then RAM. Anything else is a call of [Mmu].
///
/// Translated code consists of these methods to a great part, so they are small and take everything as parameters: there the RAM is a
/// constant and the TLB's array a local variable. Parameters of all: the main RAM, [Tlb#data] of the current privilege, the hart's MMU,
/// any virtual address.
public final class FastPath {
    private FastPath() {}

    /// Loads 8 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadByte(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        int slot = Tlb.slot(va);
        return tlb[slot + Tlb.READ_TAG] == (va & Tlb.PAGE)
                ? (byte) Mmu.BYTE.getOpaque(ram, va + tlb[slot + Tlb.READ_OFFSET])
                : mmu.loadSlowly(va, 1);
    }

    /// Loads 16 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadShort(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        int slot = Tlb.slot(va);
        return tlb[slot + Tlb.READ_TAG] == (va & (Tlb.PAGE | 1))
                ? (short) Mmu.SHORT.getOpaque(ram, va + tlb[slot + Tlb.READ_OFFSET])
                : mmu.loadSlowly(va, 2);
    }

    /// Loads 32 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadInt(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        int slot = Tlb.slot(va);
        return tlb[slot + Tlb.READ_TAG] == (va & (Tlb.PAGE | 3))
                ? (int) Mmu.INT.getOpaque(ram, va + tlb[slot + Tlb.READ_OFFSET])
                : mmu.loadSlowly(va, 4);
    }

    /// Loads 64 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value
    /// @throws GuestTrap when the guest may not
    public static long loadLong(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        int slot = Tlb.slot(va);
        return tlb[slot + Tlb.READ_TAG] == (va & (Tlb.PAGE | 7))
                ? (long) Mmu.LONG.getOpaque(ram, va + tlb[slot + Tlb.READ_OFFSET])
                : mmu.loadSlowly(va, 8);
    }

    /// Stores 8 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeByte(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        int slot = Tlb.slot(va);
        if (tlb[slot + Tlb.WRITE_TAG] == (va & Tlb.PAGE)) {
            Mmu.BYTE.setOpaque(ram, va + tlb[slot + Tlb.WRITE_OFFSET], (byte) value);
        } else {
            mmu.storeSlowly(va, 1, value);
        }
    }

    /// Stores 16 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeShort(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        int slot = Tlb.slot(va);
        if (tlb[slot + Tlb.WRITE_TAG] == (va & (Tlb.PAGE | 1))) {
            Mmu.SHORT.setOpaque(ram, va + tlb[slot + Tlb.WRITE_OFFSET], (short) value);
        } else {
            mmu.storeSlowly(va, 2, value);
        }
    }

    /// Stores 32 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeInt(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        int slot = Tlb.slot(va);
        if (tlb[slot + Tlb.WRITE_TAG] == (va & (Tlb.PAGE | 3))) {
            Mmu.INT.setOpaque(ram, va + tlb[slot + Tlb.WRITE_OFFSET], (int) value);
        } else {
            mmu.storeSlowly(va, 4, value);
        }
    }

    /// Stores 64 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the value
    /// @throws GuestTrap when the guest may not
    public static void storeLong(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        int slot = Tlb.slot(va);
        if (tlb[slot + Tlb.WRITE_TAG] == (va & (Tlb.PAGE | 7))) {
            Mmu.LONG.setOpaque(ram, va + tlb[slot + Tlb.WRITE_OFFSET], value);
        } else {
            mmu.storeSlowly(va, 8, value);
        }
    }
}
