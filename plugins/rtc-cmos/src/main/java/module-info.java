/// A real-time clock with CMOS memory: Motorola MC146818A.
@org.jspecify.annotations.NullMarked
module testudo.plugin.rtc.cmos {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with testudo.plugin.rtc.cmos.CmosProvider;
}
