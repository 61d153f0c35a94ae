package testudo.spi.platform;

/// What a guest's firmware tables (ACPI, FDT) say about a platform device. The resources come from its placement.
public enum FirmwareNode {
    /// A 16550-compatible serial port.
    UART_16550,
    /// An MC146818-compatible real-time clock.
    RTC_MC146818,
    /// A goldfish real-time clock: nanoseconds since 1970 in two registers.
    RTC_GOLDFISH,
    /// An i8042 keyboard controller.
    KEYBOARD_CONTROLLER,
    /// The ACPI power-management registers: event and control blocks, general-purpose events. The interrupt is the SCI.
    ACPI_POWER_MANAGEMENT,
    /// The QEMU-compatible firmware configuration interface.
    FW_CFG,
    /// A CFI flash chip.
    FLASH,
    /// A virtio device behind memory-mapped registers. The interrupt is level-triggered.
    VIRTIO_MMIO
}
