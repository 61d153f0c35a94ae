package testudo.plugin.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.device.HotPluggable.Plug;

/// What the control socket may ask of network interfaces.
class NetCommandTest {
    private static Optional<Plug> plug(Object body) {
        return new NetProvider().plug(NetCommand.TAG, body, 7);
    }

    @Test
    void requestsAreUnderstood() {
        Plug.Add add = assertInstanceOf(Plug.Add.class, plug(Map.of("AddTap", "tap3")).orElseThrow());
        assertEquals("hot-net7", add.device().id());
        assertEquals(new Plug.Remove(4), plug(Map.of("RemoveTap", 4L)).orElseThrow());
        assertTrue(new NetProvider().plug("BalloonCommand", Map.of(), 0).isEmpty());
    }

    @Test
    void whatIsWrongIsSaid() {
        List<Object> wrong = List.of("AddTap", 4L, Map.of(), Map.of("AddTap", 4L), Map.of("AddTap", ""), Map.of("RemoveTap", "x"),
                Map.of("AddTap", "a", "RemoveTap", 1L));
        for (Object body : wrong) {
            assertThrows(VmmException.Config.class, () -> plug(body), String.valueOf(body));
        }
    }

    @Test
    void theBusIsPrinted() {
        assertEquals("plugged in at PCI bus 3",
                NetCommand.DECLARATIONS.getFirst().print().apply(Map.of("HotPlugResponse", Map.of("bus", 3L))));
        assertEquals("", NetCommand.DECLARATIONS.getFirst().print().apply("Ok"));
    }
}
