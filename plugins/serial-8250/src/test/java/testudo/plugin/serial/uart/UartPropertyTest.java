package testudo.plugin.serial.uart;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class UartPropertyTest {
    @Property(tries = 300)
    void survivesAnyAccess(@ForAll @Size(max = 200) List<Integer> accesses) {
        FakeHostPort anyHost = new FakeHostPort();
        anyHost.type("input".repeat(100));
        Uart any = new Uart(anyHost, high -> {}, anyHost);
        for (int access : accesses) {
            int size = 1 << (access >>> 8 & 3);
            if (access < 0) {
                any.write(0, access & 7, size, access * 0x9E3779B97F4A7C15L);
            } else {
                any.read(0, access & 7, size);
            }
            anyHost.turn();
        }
        any.close();
    }
}
