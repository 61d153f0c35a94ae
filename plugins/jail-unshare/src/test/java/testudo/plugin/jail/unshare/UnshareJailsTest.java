package testudo.plugin.jail.unshare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import testudo.spi.Availability;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.JailRequest;

class UnshareJailsTest {
    @Test
    void probes() {
        assertInstanceOf(Availability.Ready.class, new UnshareJails().probe(), () -> new UnshareJails().probe().toString());
    }

    @Test
    void startsJava() {
        ProcessRequest request = new ProcessRequest(
                List.of(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC", "-Xlog:os*", "-version"), Map.of(), List.of());
        try (HostProcess process = new UnshareJails().start(JailRequest.of("test"), request)) {
            assertEquals(0, process.waitFor());
        }
    }
}
