package testudo.core.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;

/// A back-end that breaks the protocol is left, and nothing of it stays. What it says is written before it is asked: a socket holds it.
@Timeout(60)
class HostileBackendTest {
    private static final int ANSWER = Request.VERSION | Request.REPLY;
    private static final long REQUESTS = ProtocolFeature.CONFIG | ProtocolFeature.BACKEND_REQ;

    private final HostEvent event = RawFrontend.HOST.events().newEvent();
    private MessageChannel backend;
    private LocalSocket socket;

    @BeforeEach
    void connect() {
        List<LocalSocket> pair = RawFrontend.PASSING.pair(Kind.STREAM);
        backend = new MessageChannel(pair.get(0), RawFrontend.PASSING);
        socket = pair.get(1);
    }

    @AfterEach
    void close() {
        close(backend, socket);
        event.close();
    }

    private FrontendConnection frontend(long protocolFeatures) {
        number(Request.GET_FEATURES, ProtocolFeature.PROTOCOL_FEATURES);
        number(Request.GET_PROTOCOL_FEATURES, protocolFeatures);
        return new FrontendConnection(socket, RawFrontend.HOST, RawFrontend.PASSING);
    }

    private void number(int request, long value, HostHandle... handles) {
        backend.putLong(0, value);
        backend.send(request, ANSWER, Long.BYTES, List.of(handles));
    }

    private void position(int request, int ring, int position) {
        backend.putInt(0, ring);
        backend.putInt(4, position);
        backend.send(request, ANSWER, 8, List.of());
    }

    @Test
    void everyBadAnswerEndsTheHandshake() {
        Map<String, Runnable> attacks = new LinkedHashMap<>();
        attacks.put("it goes at once", () -> backend.socket().close());
        attacks.put("an answer to something else", () -> number(Request.GET_QUEUE_NUM, 1));
        attacks.put("a request instead of an answer", () -> backend.send(Request.GET_FEATURES, Request.VERSION, 8, List.of()));
        attacks.put("version 2", () -> backend.send(Request.GET_FEATURES, 2 | Request.REPLY, 8, List.of()));
        attacks.put("a short answer", () -> backend.send(Request.GET_FEATURES, ANSWER, 4, List.of()));
        attacks.put("a long answer", () -> backend.send(Request.GET_FEATURES, ANSWER, 16, List.of()));
        attacks.put("no payload", () -> backend.send(Request.GET_FEATURES, ANSWER, 0, List.of()));
        attacks.put("a handle with it", () -> number(Request.GET_FEATURES, 0, event));
        close(backend, socket);
        long before = RawFrontend.openDescriptors();
        attacks.forEach((name, attack) -> {
            connect();
            attack.run();
            assertThrows(PeerFault.class, () -> new FrontendConnection(socket, RawFrontend.HOST, RawFrontend.PASSING), name);
            backend.close();
            assertEquals(before, RawFrontend.openDescriptors(), name);
        });
    }

    private void assertLeft(String name, Runnable attack, Consumer<FrontendConnection> ask) {
        close(backend, socket); // the last one's
        connect();
        try (FrontendConnection frontend = frontend(ProtocolFeature.CONFIG)) {
            attack.run();
            assertThrows(PeerFault.class, () -> ask.accept(frontend), name);
        }
    }

    private static void close(MessageChannel backend, LocalSocket socket) {
        backend.close();
        socket.close();
    }

    @Test
    void whereARingStandsIsChecked() {
        try (FrontendConnection frontend = frontend(0)) {
            position(Request.GET_VRING_BASE, 1, 0xFFFF);
            assertEquals(0xFFFF, frontend.stopRing(1));
        }
        assertLeft("another ring", () -> position(Request.GET_VRING_BASE, 2, 7), to -> to.stopRing(1));
        assertLeft("a place behind the last", () -> position(Request.GET_VRING_BASE, 1, 0x1_0000), to -> to.stopRing(1));
        assertLeft("a negative place", () -> position(Request.GET_VRING_BASE, 1, -1), to -> to.stopRing(1));
        assertLeft("another answer", () -> position(Request.GET_FEATURES, 1, 7), to -> to.stopRing(1));
        assertLeft("it goes", () -> backend.socket().close(), to -> to.stopRing(1));
    }

    @Test
    void configurationOfAnotherSizeIsNoConfiguration() {
        int header = Request.CONFIG_HEADER_BYTES;
        assertLeft("too short", () -> backend.send(Request.GET_CONFIG, ANSWER, header + 11, List.of()), to -> to.readConfig(8, 4));
        assertLeft("too long", () -> backend.send(Request.GET_CONFIG, ANSWER, header + 13, List.of()), to -> to.readConfig(8, 4));
        assertLeft("with a handle", () -> backend.send(Request.GET_CONFIG, ANSWER, header + 12, List.of(event)), to -> to.readConfig(8, 4));
    }

    @Test
    void refusalsAreHeard() {
        number(Request.GET_FEATURES, ProtocolFeature.PROTOCOL_FEATURES);
        number(Request.GET_PROTOCOL_FEATURES, ProtocolFeature.REPLY_ACK);
        number(Request.SET_PROTOCOL_FEATURES, 0); // each message is acknowledged, this one already
        try (FrontendConnection frontend = new FrontendConnection(socket, RawFrontend.HOST, RawFrontend.PASSING)) {
            number(Request.SET_VRING_NUM, 0);
            frontend.tell(Request.SET_VRING_NUM, 8);
            number(Request.SET_VRING_NUM, 1);
            assertThrows(PeerFault.class, () -> frontend.tell(Request.SET_VRING_NUM, 8));
        }
    }

    @Test
    void requestsWithoutEndAreTakenAFewAtATime() {
        try (FrontendConnection frontend = frontend(REQUESTS)) {
            while (true) {
                assertEquals(MessageChannel.Progress.MESSAGE, backend.receive());
                if (backend.request() == Request.SET_BACKEND_REQ_FD) {
                    break;
                }
                backend.done();
            }
            LocalSocket theirs = RawFrontend.PASSING.socket(backend.takeHandle());
            backend.done();
            try (MessageChannel requests = new MessageChannel(theirs, RawFrontend.PASSING)) {
                for (int i = 0; i < 17; i++) {
                    requests.send(Request.BACKEND_CONFIG_CHANGE, Request.VERSION, 0, List.of());
                }
                assertTrue(frontend.takeRequests());
                assertTrue(frontend.takeRequests(), "one was left");
                assertFalse(frontend.takeRequests());
                requests.send(Request.BACKEND_CONFIG_CHANGE, Request.VERSION, 8, List.of());
                assertThrows(PeerFault.class, frontend::takeRequests, "a payload where none belongs");
            }
        }
    }
}
