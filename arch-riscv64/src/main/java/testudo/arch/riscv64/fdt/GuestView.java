package testudo.arch.riscv64.fdt;

import java.util.Optional;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.riscv.RiscvProfile;

/// What a device tree is made of.
/// @param vcpus number of harts
/// @param harts what they can do
/// @param memory RAM
/// @param plan PCI host and interrupt controllers
/// @param layout devices and command line
/// @param initrd where the initial ramdisk is
public record GuestView(
        int vcpus, RiscvProfile harts, Window memory, MachinePlan plan, MachineLayout layout, Optional<Window> initrd) {}
