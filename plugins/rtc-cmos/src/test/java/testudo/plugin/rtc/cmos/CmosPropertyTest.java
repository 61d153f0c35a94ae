package testudo.plugin.rtc.cmos;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import testudo.spi.device.MachineFacts;
import testudo.testing.driver.SteppedHost;

class CmosPropertyTest {
    private static final MachineFacts FACTS = new MachineFacts("x86_64", 4, 6L << 30, 0xD000_0000L, 3L << 30);

    @Property
    void anyTimeCanBeWritten(@ForAll byte[] values) {
        SteppedHost anyHost = new SteppedHost(0);
        Cmos any = new Cmos(high -> {}, anyHost, anyHost, FACTS);
        for (int i = 0; i + 1 < values.length; i += 2) {
            any.write(0, 0, 1, values[i]);
            any.write(0, 1, 1, values[i + 1] & 0xFF);
            any.read(0, 1, 1);
            any.write(0, 0, 4, values[i + 1] * 0x01010101L);
        }
    }
}
