/// ACPI power management registers: ACPI 6.5, 4.8 "ACPI Register Model".
@org.jspecify.annotations.NullMarked
module testudo.plugin.acpi.pm {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.acpi.pm.AcpiPmProvider;
}
