package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Fuzz target: the configuration of the host's resolver, which a DHCP server of the host's network may have written.
class FuzzResolverTest {
    static Stream<byte[]> resolvers() {
        return Stream.of("", "nameserver 192.0.2.1\n", "nameserver\n", "nameserver ::1%lo\n",
                "nameserver fe80::1%9999999999 x\nnameserver 2001:db8::1",
                "#nameserver 1\n\r\nnameserver 1.2.3.4.5").map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("resolvers")
    @FuzzTest
    void resolver(byte[] text) {
        NameServers.first(new String(text, StandardCharsets.UTF_8)).ifPresent(address -> assertTrue(address.getAddress().length >= 4));
    }
}
