package testudo.arch.x86_64.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.Window;

/// The two PCI windows below 4 GiB, checked.
/// @param ecam memory-mapped configuration space, 1 MiB for each bus
/// @param low addresses for 32-bit BARs, without the ECAM
/// @param ramLimit the first address that RAM below 4 GiB must not reach
public record PciWindows(Window ecam, Window low, long ramLimit) {
    private static final long MIB = 1L << 20;
    private static final long DEFAULT_ECAM = 0xF400_0000L;
    private static final long DEFAULT_ECAM_BYTES = 64 * MIB;
    private static final long DEFAULT_LOW = 0xD000_0000L;
    private static final long DEFAULT_LOW_END = 0xF800_0000L;
    private static final long MAX_ECAM_BYTES = 256 * MIB;
    private static final long MIN_START = 16 * MIB;

    /// What the user asked for: a range with an optional start and an optional size.
    /// @param start the first address
    /// @param sizeBytes length
    public record Wish(OptionalLong start, OptionalLong sizeBytes) {
        /// Nothing asked for.
        public static final Wish NONE = new Wish(OptionalLong.empty(), OptionalLong.empty());
    }

    /// Places the windows.
    /// @param ecamWish the configuration window
    /// @param lowWish the window for BARs
    /// @return the windows
    /// @throws VmmException.Config when they don't fit below the interrupt controllers or violate an alignment
    public static PciWindows of(Wish ecamWish, Wish lowWish) {
        List<String> problems = new ArrayList<>();
        long ecamStart = ecamWish.start().orElse(DEFAULT_ECAM);
        long ecamBytes = ecamWish.sizeBytes().orElse(DEFAULT_ECAM_BYTES);
        checkEcam(ecamStart, ecamBytes, problems);
        long lowStart = lowWish.start().orElse(problems.isEmpty() ? Math.min(DEFAULT_LOW, ecamStart) : DEFAULT_LOW);
        long lowBytes = lowWish.sizeBytes().orElse(DEFAULT_LOW_END - lowStart);
        checkLow(lowStart, lowBytes, problems);
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        Window ecam = new Window(ecamStart, ecamBytes);
        Window low = without(new Window(lowStart, lowBytes), ecam);
        if (low.sizeBytes() == 0) {
            throw new VmmException.Config(
                    "--pci: the memory window 0x%x+0x%x lies wholly in the ECAM 0x%x+0x%x; make it larger"
                            .formatted(lowStart, lowBytes, ecamStart, ecamBytes));
        }
        return new PciWindows(ecam, low, Math.min(ecamStart, lowStart));
    }

    private static void checkEcam(long start, long sizeBytes, List<String> problems) {
        if (sizeBytes <= 0 || sizeBytes % MIB != 0 || sizeBytes > MAX_ECAM_BYTES) {
            problems.add("--pci: ECAM size 0x%x is not a multiple of 1 MiB from 1 to 256 MiB".formatted(sizeBytes));
        } else if (start < MIN_START || start % sizeBytes != 0) {
            problems.add("--pci: ECAM start 0x%x is not a multiple of its size 0x%x at or above 16 MiB"
                    .formatted(start, sizeBytes));
        } else if (start > Addresses.IO_APIC - sizeBytes) {
            problems.add("--pci: ECAM 0x%x+0x%x reaches past 0x%x, where the interrupt controllers start"
                    .formatted(start, sizeBytes, Addresses.IO_APIC));
        }
    }

    private static void checkLow(long start, long sizeBytes, List<String> problems) {
        if (start < MIN_START || start >= Addresses.IO_APIC || start % MIB != 0) {
            problems.add("--pci: memory window start 0x%x is not a multiple of 1 MiB from 0x%x to 0x%x"
                    .formatted(start, MIN_START, Addresses.IO_APIC - MIB));
        } else if (sizeBytes <= 0 || sizeBytes % Addresses.PAGE_BYTES != 0 || sizeBytes > Addresses.IO_APIC - start) {
            problems.add("--pci: memory window size 0x%x is not a multiple of 4096 that ends below 0x%x"
                    .formatted(sizeBytes, Addresses.IO_APIC));
        }
    }

    /// The larger part of a window that another one leaves free.
    private static Window without(Window window, Window taken) {
        if (taken.end() <= window.start() || window.end() <= taken.start()) {
            return window;
        }
        long below = Math.max(0, taken.start() - window.start());
        long above = Math.max(0, window.end() - taken.end());
        return below >= above ? new Window(window.start(), below) : new Window(taken.end(), above);
    }
}
