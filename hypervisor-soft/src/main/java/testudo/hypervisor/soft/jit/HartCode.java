package testudo.hypervisor.soft.jit;

import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.Tlb;

/// Code as a hart sees it now. Physical addresses are offsets in RAM.
final class HartCode implements CodeView {
    private final Mmu mmu;
    private final TranslationTable table;

    HartCode(Mmu mmu, TranslationTable table) {
        this.mmu = mmu;
        this.table = table;
    }

    @Override
    public boolean isTranslated(long physical) {
        return table.contains(physical);
    }

    @Override
    public long physical(long virtualAddress) {
        Tlb tlb = mmu.tlb;
        if (tlb.fetches(virtualAddress)) {
            return virtualAddress + tlb.fetchDelta(virtualAddress);
        }
        try {
            return mmu.fetchOffset(virtualAddress);
        } catch (GuestTrap trap) {
            // Not the guest's fault: nobody executes there yet.
            return -1;
        }
    }

    @Override
    public int parcel(long physical) {
        return (short) Mmu.SHORT.getOpaque(mmu.ram, physical) & 0xFFFF;
    }
}
