package testudo.arch.x86_64.cpu;

import java.util.ArrayList;
import java.util.List;
import testudo.arch.x86_64.layout.Addresses;
import testudo.spi.x86.MsrValue;

/// Model-specific registers as firmware leaves them (Intel SDM volume 4; volume 3, 12.11 "Memory Type Range Registers").
public final class BootMsrs {
    private static final int TSC = 0x10;
    private static final int MISC_ENABLE = 0x1A0;
    private static final int FAST_STRINGS = 1;
    private static final int[] ZERO_IN_LONG_MODE = {
            0x174, 0x175, 0x176, // SYSENTER_CS, _ESP, _EIP
            0xC000_0081, 0xC000_0082, 0xC000_0083, 0xC000_0084, // STAR, LSTAR, CSTAR, SYSCALL_MASK
            0xC000_0102, // KERNEL_GS_BASE
    };
    private static final int MTRR_BASE = 0x200;
    private static final int MTRR_DEFAULT_TYPE = 0x2FF;
    private static final int MTRR_ENABLE_WRITE_BACK = 0x806;
    private static final int MTRR_VALID = 0x800;
    private static final int MAX_PAIRS = 8;

    private BootMsrs() {}

    /// Registers of every vCPU.
    /// @param longMode whether the boot vCPU starts in long mode
    /// @return registers in the order to be written
    public static List<MsrValue> basic(boolean longMode) {
        List<MsrValue> msrs = new ArrayList<>();
        if (longMode) {
            for (int index : ZERO_IN_LONG_MODE) {
                msrs.add(new MsrValue(index, 0));
            }
        }
        msrs.add(new MsrValue(TSC, 0));
        msrs.add(new MsrValue(MISC_ENABLE, FAST_STRINGS));
        return msrs;
    }

    /// Memory types: write-back, but uncacheable from the PCI windows up to 4 GiB.
    /// @param uncacheableStart where the PCI windows start, a multiple of 4096 below 4 GiB
    /// @param addressBits width of a physical address
    /// @return registers in the order to be written; empty when that takes more than 8 ranges
    public static List<MsrValue> memoryTypes(long uncacheableStart, int addressBits) {
        List<MsrValue> msrs = new ArrayList<>();
        long addressMask = addressBits >= Long.SIZE ? -1 : (1L << addressBits) - 1;
        int pair = 0;
        for (long start = uncacheableStart; start < Addresses.FOUR_GIB; pair++) {
            long size = Math.min(Long.lowestOneBit(start), Long.highestOneBit(Addresses.FOUR_GIB - start));
            if (pair == MAX_PAIRS) {
                return List.of();
            }
            msrs.add(new MsrValue(MTRR_BASE + 2 * pair, start));
            msrs.add(new MsrValue(MTRR_BASE + 2 * pair + 1, (-size & addressMask) | MTRR_VALID));
            start += size;
        }
        msrs.add(new MsrValue(MTRR_DEFAULT_TYPE, MTRR_ENABLE_WRITE_BACK));
        return msrs;
    }
}
