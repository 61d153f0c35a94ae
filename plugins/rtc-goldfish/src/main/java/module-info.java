/// The goldfish real-time clock, which Linux drives on machines without ACPI.
@org.jspecify.annotations.NullMarked
module testudo.plugin.rtc.goldfish {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.rtc.goldfish.GoldfishProvider;
}
