package testudo.plugin.serial.uart;

import java.util.List;
import java.util.Optional;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.Resource;

/// Where a serial port is. An architecture with other places gets its own case in [#of].
/// @param resources the registers, then the interrupt
/// @param earlycon the kernel's name of the port for its early console
record UartPlacement(List<Resource> resources, String earlycon) {
    /// Bytes or ports that the registers take.
    static final int SIZE = 8;
    /// How many ports a machine has.
    static final int PORTS = 4;

    private static final int[] PC_BASES = {0x3F8, 0x2F8, 0x3E8, 0x2E8};

    /// Finds a port's place.
    /// @param architecture such as `x86_64`
    /// @param num 1 to [#PORTS]
    /// @return nothing when machines of that architecture have no such port
    static Optional<UartPlacement> of(String architecture, int num) {
        return switch (architecture) {
            case "x86_64" -> Optional.of(pc(num));
            case "riscv64" -> Optional.of(riscv(num));
            default -> Optional.empty();
        };
    }

    private static UartPlacement pc(int num) {
        int base = PC_BASES[num - 1];
        int irq = num % 2 == 1 ? 4 : 3;
        return new UartPlacement(
                List.of(new Resource.Ports(base, SIZE), new Resource.Irq(irq, Trigger.EDGE)),
                "uart8250,io,0x%x".formatted(base));
    }

    /// Addresses like the PC's ports, each port with an interrupt source of its own.
    private static UartPlacement riscv(int num) {
        int base = PC_BASES[num - 1];
        return new UartPlacement(
                List.of(new Resource.Mmio(base, SIZE), new Resource.Irq(num, Trigger.LEVEL)), "uart8250,mmio,0x%x".formatted(base));
    }
}
