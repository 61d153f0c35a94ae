package testudo.spi.riscv;

import java.util.List;

/// What a hypervisor tells about its RISC-V harts: what the device tree says of them.
/// @param extensions the ratified extensions that S- and U-mode see, base first, as the device tree spells them: `i`, `m`, …, `zicsr`, `sstc`
/// @param virtualAddressBits the widest translation: 39, 48 or 57
/// @param timebaseHz frequency of the `time` counter, above 0
/// @param cacheBlockBytes size of a block of the cache-block instructions, a power of two; 0 without them
/// @param interruptIdentities the largest interrupt identity of a hart's IMSIC, 63 to 2047, one less than a multiple of 64; 0 without AIA
public record RiscvProfile(
        List<String> extensions, int virtualAddressBits, long timebaseHz, int cacheBlockBytes, int interruptIdentities) {
    /// Copies the list.
    public RiscvProfile {
        extensions = List.copyOf(extensions);
    }
}
