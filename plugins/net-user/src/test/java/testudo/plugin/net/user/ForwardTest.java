package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Forwards as users write them.
class ForwardTest {
    private static Forward parse(String text) {
        List<Forward> forwards = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Forward.parse(text, forwards, problems);
        assertTrue(problems.isEmpty(), problems.toString());
        return forwards.getFirst();
    }

    @Test
    void eachEndInEitherFamily() {
        Forward plain = parse("tcp::2222-:22");
        assertEquals("127.0.0.1", plain.host().getAddress().getHostAddress());
        assertEquals(Subnet.mapped(Subnet.GUEST), plain.guestLow());
        assertEquals(plain, parse("tcp:127.0.0.1:2222-10.0.2.15:22"));
        Forward both = parse("udp:[::1]:53-[fd00::5054:ff:fe12:3456]:53");
        assertEquals(53, both.host().getPort());
        assertEquals(Subnet.PREFIX, both.guestHigh());
        assertEquals(TestGuest.LOW, both.guestLow());
        assertEquals(0, parse("tcp:[::]:80-[]:80").guestLow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tcp:1.2.3.4:1", "sctp::1-:2", "tcp::1-:0", "tcp::70000-:1", "tcp:1.2.3.999:1-:2", "tcp::1-10.0.2.16:2",
            "tcp::1-[::1]:2", "tcp::1-[fd00::2]:2", "tcp:[zz]:1-:2", "tcp:[1:2]:1-:2"})
    void whatIsWrongIsSaid(String text) {
        List<String> problems = new ArrayList<>();
        Forward.parse(text, new ArrayList<>(), problems);
        assertEquals(1, problems.size());
    }
}
