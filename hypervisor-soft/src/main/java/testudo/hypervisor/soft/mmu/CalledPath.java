package testudo.hypervisor.soft.mmu;

import java.lang.foreign.MemorySegment;

/// The methods of [FastPath], for code that calls them: `bin/testudo` asks HotSpot not to inline these. Code of which much is compiled and
/// little gets hot is compiled in half the time so. Parameters and results are the same.
public final class CalledPath {
    private CalledPath() {}

    /// Loads 8 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadByte(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        return FastPath.loadByte(ram, tlb, mmu, va);
    }

    /// Loads 16 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadShort(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        return FastPath.loadShort(ram, tlb, mmu, va);
    }

    /// Loads 32 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadInt(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        return FastPath.loadInt(ram, tlb, mmu, va);
    }

    /// Loads 64 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @return the value, sign-extended
    /// @throws GuestTrap when the guest may not
    public static long loadLong(MemorySegment ram, long[] tlb, Mmu mmu, long va) {
        return FastPath.loadLong(ram, tlb, mmu, va);
    }

    /// Stores 8 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeByte(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        FastPath.storeByte(ram, tlb, mmu, va, value);
    }

    /// Stores 16 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeShort(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        FastPath.storeShort(ram, tlb, mmu, va, value);
    }

    /// Stores 32 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeInt(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        FastPath.storeInt(ram, tlb, mmu, va, value);
    }

    /// Stores 64 bits.
    /// @param ram [Mmu#ram]
    /// @param tlb [Tlb#data]
    /// @param mmu the hart's
    /// @param va any address
    /// @param value the low bits count
    /// @throws GuestTrap when the guest may not
    public static void storeLong(MemorySegment ram, long[] tlb, Mmu mmu, long va, long value) {
        FastPath.storeLong(ram, tlb, mmu, va, value);
    }
}
