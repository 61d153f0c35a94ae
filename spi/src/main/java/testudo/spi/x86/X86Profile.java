package testudo.spi.x86;

import java.util.List;

/// What a hypervisor tells about x86 guests.
/// @param cpuid the leaves it can offer
/// @param hostCpuid selected leaves of the host itself: 2, 4, 0xB, 0x1F, 0x80000002-0x80000006; empty when unknown
/// @param tscDeadlineTimer whether the APIC timer has TSC-deadline mode
/// @param tscKhz time-stamp counter frequency in kHz, 0 when unknown
public record X86Profile(List<CpuidEntry> cpuid, List<CpuidEntry> hostCpuid, boolean tscDeadlineTimer, int tscKhz) {
    /// Copies the lists.
    public X86Profile {
        cpuid = List.copyOf(cpuid);
        hostCpuid = List.copyOf(hostCpuid);
    }
}
