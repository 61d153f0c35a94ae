package testudo.arch.x86_64;

import java.util.Optional;
import testudo.arch.x86_64.X86Architecture.InitialRamdisk;
import testudo.arch.x86_64.acpi.UserTables;
import testudo.arch.x86_64.boot.BootImage;
import testudo.arch.x86_64.cpu.GuestCpuid;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.spi.arch.MachineRequest;

/// What a machine is made of, all checked.
/// @param request what the user wants
/// @param map where memory is
/// @param cpuid what the processors are
/// @param tables what firmware tables are made of
/// @param boot what starts
record X86Parts(MachineRequest request, MemoryMap map, GuestCpuid cpuid, Tables tables, Boot boot) {
    /// What firmware tables are made of.
    /// @param smbios the finished SMBIOS tables
    /// @param user ACPI tables of the user's
    /// @param lowPowerIdle whether the guest should prefer suspend-to-idle
    /// @param rootPorts PCI root ports for hot-plug
    record Tables(byte[] smbios, UserTables user, boolean lowPowerIdle, int rootPorts) {}

    /// What starts: a kernel, perhaps with an initial ramdisk, or firmware.
    record Boot(Optional<BootImage> kernel, Optional<InitialRamdisk> initrd, Optional<FirmwareImage> firmware) {}
}
