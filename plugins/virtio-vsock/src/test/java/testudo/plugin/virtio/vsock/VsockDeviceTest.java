package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.host.LocalSocket.Direction;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// Connections both ways, their data, credit, ends and time limits, with sockets in memory.
class VsockDeviceTest {
    private static final int PORT = 80;
    private static final int OWN = 1000;
    private static final int STREAM = Packet.STREAM;
    private static final int MESSAGES = Packet.SEQPACKET;

    private final FakeSockets sockets = new FakeSockets();
    private final TestContext context = new TestContext();
    private final DeviceBench bench = new DeviceBench(context, any -> new VsockDevice(
            new VsockIdentity(Guest.CID, VsockIdentity.STREAM | VsockIdentity.SEQPACKET, List.of(256, 256, 256)),
            Path.of("s"), sockets, any.host().events(), any.loop())).start();
    private final Guest guest = new Guest(bench, 4096, bench::run);

    @AfterEach
    void close() {
        bench.close();
    }

    private FakeSockets.Socket connect(int type) {
        guest.send(PORT, OWN, type, Packet.REQUEST, 0);
        guest.expect(Packet.RESPONSE);
        return sockets.open.getLast();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void data(int type, String text, int flags) {
        guest.send(PORT, OWN, type, Packet.DATA, flags, text(text));
    }

    @Test
    void guestConnectsAndDataGoesBothWays() {
        FakeSockets.Socket socket = connect(STREAM);
        assertEquals(List.of("s_80 STREAM"), sockets.connected);
        data(STREAM, "hello", 0);
        assertEquals("hello", socket.heard());
        socket.say("good bye");
        Guest.Received packet = guest.expect(Packet.DATA);
        assertEquals("good bye", new String(packet.data(), StandardCharsets.ISO_8859_1));
        assertEquals(5, packet.forwarded());
        assertEquals(PORT, packet.hostPort());
        assertEquals(OWN, packet.guestPort());
    }

    @Test
    void clientOfTheHostConnects() {
        FakeSockets.Socket client = sockets.client("s", false).say("CONNECT 1234\nfirst");
        Guest.Received request = guest.expect(Packet.REQUEST);
        assertEquals(1234, request.guestPort());
        assertEquals(Rooms.BYTES, request.room());
        guest.send(request.hostPort(), 1234, STREAM, Packet.RESPONSE, 0);
        assertEquals("OK " + request.hostPort() + "\n", client.heard());
        assertArrayEquals(text("first"), guest.expect(Packet.DATA).data());
    }

    @Test
    void clientThatWritesAndLeavesIsHeard() {
        FakeSockets.Socket client = sockets.client("s", false).say("CONNECT 1234\n").say("all of it");
        client.hungUp = true;
        Guest.Received request = guest.expect(Packet.REQUEST);
        guest.expectNothing();
        guest.send(request.hostPort(), 1234, STREAM, Packet.RESPONSE, 0);
        assertEquals(Packet.NO_RECEIVE, guest.expect(Packet.SHUTDOWN).flags());
        assertArrayEquals(text("all of it"), guest.expect(Packet.DATA).data());
        assertEquals(Packet.NEITHER, guest.expect(Packet.SHUTDOWN).flags());
        guest.send(request.hostPort(), 1234, STREAM, Packet.RESET, 0);
        assertTrue(client.closed);
    }

    @Test
    void greetingsThatAreNoneAreRefused() {
        for (String wrong : List.of("HELLO\n", "CONNECT \n", "CONNECT -1\n", "CONNECT 4294967295\n", "CONNECT 99999999999\n",
                "CONNECT 1 2\n",
                "\n", "CONNECT 80 with a line that has no end")) {
            FakeSockets.Socket client = sockets.client("s", false).say(wrong);
            guest.expectNothing();
            assertTrue(client.closed, wrong);
        }
        FakeSockets.Socket leaver = sockets.client("s", false).say("CONN");
        guest.expectNothing();
        assertFalse(leaver.closed, "the rest may come");
        leaver.hungUp = true;
        guest.expectNothing();
        assertTrue(leaver.closed);
    }

    @Test
    void guestRefusesAClient() {
        FakeSockets.Socket client = sockets.client("s", false).say("CONNECT 9\n");
        Guest.Received request = guest.expect(Packet.REQUEST);
        guest.send(request.hostPort(), 9, STREAM, Packet.RESET, 0);
        assertTrue(client.closed);
        assertEquals("", client.heard());
    }

    @Test
    void messagesKeepTheirBounds() {
        FakeSockets.Socket socket = connect(MESSAGES);
        assertEquals(List.of("s_80 SEQPACKET"), sockets.connected);
        data(MESSAGES, "one", Packet.END_OF_MESSAGE);
        data(MESSAGES, "tw", 0);
        data(MESSAGES, "o", Packet.END_OF_MESSAGE);
        assertEquals("one|two|", socket.heard());
        byte[] large = new byte[10_000];
        Arrays.fill(large, (byte) 7);
        socket.input.add(large);
        socket.say("small");
        int[] lengths = {4052, 4052, 1896, 5};
        for (int i = 0; i < lengths.length; i++) {
            Guest.Received packet = guest.expect(Packet.DATA);
            assertEquals(lengths[i], packet.data().length);
            assertEquals(i >= 2 ? Packet.END_OF_MESSAGE : 0, packet.flags());
            assertEquals(MESSAGES, packet.type());
        }
    }

    @Test
    void messagesWaitWholeForASlowSocket() {
        FakeSockets.Socket socket = connect(MESSAGES);
        socket.room = 0;
        String large = "x".repeat(30_000);
        for (int round = 0; round < 5; round++) { // around the end of the ring
            data(MESSAGES, large, 0);
            data(MESSAGES, large, Packet.END_OF_MESSAGE);
            data(MESSAGES, "y", Packet.END_OF_MESSAGE);
            socket.room = 60_001;
            while (guest.poll() != null) {
                // credit updates
            }
            assertEquals(List.of(60_000, 1), socket.output.stream().map(message -> message.length).toList(), "round " + round);
            socket.output.clear();
            assertEquals(0, socket.room);
        }
    }

    @Test
    void theRestOfAMessageWaitsForCredit() {
        FakeSockets.Socket socket = connect(MESSAGES);
        guest.credit(PORT, OWN, MESSAGES, 100, 0);
        socket.say("m".repeat(250));
        for (int forwarded = 100; forwarded <= 200; forwarded += 100) {
            Guest.Received part = guest.expect(Packet.DATA);
            assertEquals(100, part.data().length);
            assertEquals(0, part.flags());
            guest.expect(Packet.CREDIT_REQUEST);
            guest.expectNothing();
            guest.credit(PORT, OWN, MESSAGES, 100, forwarded);
        }
        Guest.Received last = guest.expect(Packet.DATA);
        assertEquals(50, last.data().length);
        assertEquals(Packet.END_OF_MESSAGE, last.flags());
    }

    @Test
    void aMessageWithoutItsEndIsNotPassedOn() {
        FakeSockets.Socket socket = connect(MESSAGES);
        data(MESSAGES, "whole", Packet.END_OF_MESSAGE);
        data(MESSAGES, "a beginn", 0);
        guest.send(PORT, OWN, MESSAGES, Packet.SHUTDOWN, Packet.NO_SEND);
        assertEquals("whole|", socket.heard());
        assertEquals(Set.of(Direction.SEND), socket.shut);
    }

    @Test
    void theEndIsPassedOnBehindTheData() {
        FakeSockets.Socket socket = connect(STREAM);
        socket.room = 0;
        data(STREAM, "slowly", 0);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NO_SEND);
        assertEquals(Set.of(), socket.shut);
        socket.room = 100;
        guest.expectNothing();
        assertEquals("slowly", socket.heard());
        assertEquals(Set.of(Direction.SEND), socket.shut);
    }

    @Test
    void messageClientConnectsBesideTheStreamSocket() {
        FakeSockets.Socket client = sockets.client("s.seqpacket", true).say("CONNECT 5");
        Guest.Received request = guest.expect(Packet.REQUEST);
        assertEquals(MESSAGES, request.type());
        guest.send(request.hostPort(), 5, MESSAGES, Packet.RESPONSE, 0);
        assertEquals("OK " + request.hostPort() + "\n|", client.heard());
    }

    @Test
    void messageLongerThanAnyEndsTheConnection() {
        FakeSockets.Socket socket = connect(MESSAGES);
        socket.input.add(new byte[Rooms.BYTES]);
        int total = 0;
        for (Guest.Received packet = guest.poll(); packet != null; packet = guest.poll()) {
            total += packet.data().length;
        }
        assertEquals(Rooms.BYTES, total, "the longest message arrives");
        guest.credit(PORT, OWN, MESSAGES, Guest.ROOM, total);
        socket.input.add(new byte[Rooms.BYTES + 1]);
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
    }

    @Test
    void messageSocketsNeedTheFeature() {
        bench.reset();
        bench.start(VsockIdentity.STREAM, 256);
        Guest other = new Guest(bench, 4096, bench::run);
        other.send(PORT, OWN, MESSAGES, Packet.REQUEST, 0);
        assertEquals(MESSAGES, other.expect(Packet.RESET).type());
    }

    @Test
    void refusedAndUnknownAreReset() {
        sockets.refuses = true;
        guest.send(PORT, OWN, STREAM, Packet.REQUEST, 0);
        guest.expect(Packet.RESET);
        guest.send(PORT, OWN, STREAM, Packet.DATA, 0);
        guest.expect(Packet.RESET);
        guest.send(PORT, OWN, 9, Packet.REQUEST, 0);
        assertEquals(9, guest.expect(Packet.RESET).type());
        guest.send(PORT, OWN, STREAM, Packet.RESET, 0);
        guest.expectNothing();
    }

    @Test
    void fullListenerIsTriedAgain() {
        sockets.full = true;
        guest.send(PORT, OWN, STREAM, Packet.REQUEST, 0);
        guest.expectNothing();
        context.host().advance(Deadlines.RETRY_NANOS);
        guest.expectNothing();
        sockets.full = false;
        context.host().advance(Deadlines.RETRY_NANOS);
        guest.expect(Packet.RESPONSE);
    }

    @Test
    void packetsOfAnotherAddressAreDropped() {
        for (long source : new long[]{0, 1, 2, 4, (1L << 32) | Guest.CID, -1}) {
            guest.sendRaw(source, PORT, OWN, STREAM, Packet.REQUEST, 0, 0, Guest.ROOM, 0);
        }
        guest.expectNothing();
        assertEquals(List.of(), sockets.connected);
    }

    @Test
    void brokenRulesEndTheConnection() {
        int[][] cases = { // operation, flags, length in the header, bytes
                {Packet.DATA, 0, 100, 5}, {Packet.DATA, 0, -1, 5}, {Packet.DATA, 0, Rooms.BYTES + 1, 70_000}, {99, 0, 0, 0}, {0, 0, 0, 0},
                {Packet.REQUEST, 0, 0, 0}, {Packet.RESPONSE, 0, 0, 0}, {Packet.CREDIT_UPDATE, 0, 4, 4}, {Packet.SHUTDOWN, 3, 1, 1}};
        for (int[] each : cases) {
            FakeSockets.Socket socket = connect(STREAM);
            guest.sendRaw(Guest.CID, PORT, OWN, STREAM, each[0], each[1], each[2], Guest.ROOM, 0, new byte[each[3]]);
            guest.expect(Packet.RESET);
            assertTrue(socket.closed, Arrays.toString(each));
            assertEquals(0, socket.output.size());
        }
        FakeSockets.Socket socket = connect(STREAM);
        data(MESSAGES, "of another type", 0);
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
    }

    @Test
    void dataBehindTheEndOfSendingEndsTheConnection() {
        FakeSockets.Socket socket = connect(STREAM);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NO_SEND);
        guest.expectNothing();
        assertEquals(Set.of(Direction.SEND), socket.shut);
        data(STREAM, "late", 0);
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
    }

    @Test
    void dataBeyondTheCreditEndsTheConnection() {
        FakeSockets.Socket socket = connect(STREAM);
        socket.room = 0;
        data(STREAM, "x".repeat(60_000), 0);
        data(STREAM, "x".repeat(5536), 0);
        assertFalse(socket.closed);
        data(STREAM, "x", 0);
        assertTrue(socket.closed);
        guest.expect(Packet.RESET);
    }

    @Test
    void guestHearsOfRoomWhenItNeedsIt() {
        FakeSockets.Socket socket = connect(STREAM);
        data(STREAM, "x".repeat(30_000), 0);
        guest.expectNothing();
        data(STREAM, "x".repeat(3000), 0);
        assertEquals(33_000, guest.expect(Packet.CREDIT_UPDATE).forwarded());
        socket.room = 1000;
        data(STREAM, "x".repeat(60_000), 0);
        assertEquals(34_000, guest.expect(Packet.CREDIT_UPDATE).forwarded());
        guest.send(PORT, OWN, STREAM, Packet.CREDIT_REQUEST, 0);
        assertEquals(34_000, guest.expect(Packet.CREDIT_UPDATE).forwarded());
    }

    @Test
    void nothingIsSentWithoutCredit() {
        FakeSockets.Socket socket = connect(STREAM);
        guest.credit(PORT, OWN, STREAM, 100, 0);
        socket.say("y".repeat(250));
        assertEquals(100, guest.expect(Packet.DATA).data().length);
        guest.expect(Packet.CREDIT_REQUEST);
        guest.expectNothing();
        guest.credit(PORT, OWN, STREAM, 100, 0);
        guest.expectNothing();
        guest.credit(PORT, OWN, STREAM, 100, 60);
        assertEquals(60, guest.expect(Packet.DATA).data().length);
        guest.expect(Packet.CREDIT_REQUEST);
        guest.credit(PORT, OWN, STREAM, -1, 160);
        assertEquals(90, guest.expect(Packet.DATA).data().length);
    }

    @Test
    void countersThatGoBackwardsGiveNoCredit() {
        FakeSockets.Socket socket = connect(STREAM);
        guest.credit(PORT, OWN, STREAM, 100, 0);
        socket.say("z".repeat(300));
        guest.expect(Packet.DATA);
        guest.expect(Packet.CREDIT_REQUEST);
        guest.credit(PORT, OWN, STREAM, 100, 100);
        guest.expect(Packet.DATA);
        guest.expect(Packet.CREDIT_REQUEST);
        guest.credit(PORT, OWN, STREAM, 100, 50); // overtaken on its way
        guest.expectNothing();
        assertFalse(socket.closed);
        guest.credit(PORT, OWN, STREAM, 100, 201); // more than there was
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
        FakeSockets.Socket second = connect(STREAM);
        guest.credit(PORT, OWN, STREAM, 100, 1 << 31);
        guest.expect(Packet.RESET);
        assertTrue(second.closed);
    }

    @Test
    void hostEndsOneDirectionThenBoth() {
        FakeSockets.Socket socket = connect(STREAM);
        socket.ended = true;
        assertEquals(Packet.NO_SEND, guest.expect(Packet.SHUTDOWN).flags());
        data(STREAM, "still heard", 0);
        assertEquals("still heard", socket.heard());
        socket.hungUp = true;
        assertEquals(Packet.NEITHER, guest.expect(Packet.SHUTDOWN).flags());
        data(STREAM, "heard by nobody", 0);
        guest.expectNothing();
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NEITHER);
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
    }

    @Test
    void guestEndsOneDirectionThenBoth() {
        FakeSockets.Socket socket = connect(STREAM);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NO_RECEIVE);
        assertEquals(Set.of(Direction.RECEIVE), socket.shut);
        socket.say("for nobody");
        guest.expectNothing();
        data(STREAM, "last words", 0);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NO_SEND);
        guest.expect(Packet.RESET);
        assertTrue(socket.closed);
        assertEquals("last words", socket.heard());
    }

    @Test
    void whatTheGuestSentBeforeItClosedStillArrives() {
        FakeSockets.Socket socket = connect(STREAM);
        socket.room = 0;
        data(STREAM, "take your time", 0);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NEITHER);
        guest.expect(Packet.RESET);
        assertFalse(socket.closed);
        connect(STREAM); // the ports are free at once
        socket.room = 100;
        bench.run();
        assertEquals("take your time", socket.heard());
        assertTrue(socket.closed);
    }

    @Test
    void halfOpenConnectionsEndInTime() {
        FakeSockets.Socket silent = sockets.client("s", false);
        FakeSockets.Socket unanswered = sockets.client("s", false).say("CONNECT 9\n");
        guest.expect(Packet.REQUEST);
        FakeSockets.Socket left = connect(STREAM);
        left.hungUp = true;
        guest.expect(Packet.SHUTDOWN);
        guest.expect(Packet.SHUTDOWN);
        guest.send(90, 91, STREAM, Packet.REQUEST, 0);
        guest.expect(Packet.RESPONSE);
        FakeSockets.Socket healthy = sockets.open.getLast();
        sockets.full = true;
        guest.send(70, 71, STREAM, Packet.REQUEST, 0);

        pass(Bridge.HALF_OPEN_NANOS - Deadlines.PERIOD_NANOS);
        assertFalse(silent.closed || unanswered.closed || left.closed);
        pass(2 * Deadlines.PERIOD_NANOS);
        assertTrue(silent.closed && unanswered.closed && left.closed);
        for (int i = 0; i < 3; i++) {
            guest.expect(Packet.RESET);
        }
        guest.expectNothing();
        assertFalse(healthy.closed);
        assertEquals(-1, context.host().nextTimerNanos(), "nothing is waited for");
    }

    private void pass(long nanos) {
        for (long passed = 0; passed < nanos; passed += Deadlines.PERIOD_NANOS) {
            context.host().advance(Deadlines.PERIOD_NANOS);
            bench.run();
        }
    }

    @Test
    void lingeringEndsInTime() {
        FakeSockets.Socket socket = connect(STREAM);
        socket.room = 0;
        data(STREAM, "for a reader that sleeps", 0);
        guest.send(PORT, OWN, STREAM, Packet.SHUTDOWN, Packet.NEITHER);
        pass(Bridge.LINGER_NANOS - Deadlines.PERIOD_NANOS);
        assertFalse(socket.closed);
        pass(2 * Deadlines.PERIOD_NANOS);
        assertTrue(socket.closed);
    }

    @Test
    void portsUsedAgainAndAgainLeaveNothingBehind() {
        for (int round = 0; round < 10_000; round++) {
            guest.send(PORT, OWN, STREAM, Packet.REQUEST, 0);
            guest.send(PORT, OWN, STREAM, Packet.RESET, 0);
        }
        assertTrue(sockets.open.stream().allMatch(socket -> socket.closed));
        connect(STREAM);
    }

    @Test
    void connectionsBeyondTheLimitAreRefused() {
        for (int i = 0; i < Connections.MOST; i++) {
            guest.send(PORT, i, STREAM, Packet.REQUEST, 0);
            guest.expect(Packet.RESPONSE);
        }
        guest.send(PORT, Connections.MOST, STREAM, Packet.REQUEST, 0);
        guest.expect(Packet.RESET);
        FakeSockets.Socket client = sockets.client("s", false).say("CONNECT 1\n");
        guest.expectNothing();
        guest.send(PORT, 7, STREAM, Packet.RESET, 0);
        guest.expect(Packet.REQUEST);
        assertFalse(client.closed);
    }

    @Test
    void guestThatTakesNoResetsIsNotListenedTo() {
        FakeDriver driver = bench.driver(VsockIdentity.TRANSMIT);
        bench.reset();
        bench.start();
        driver = bench.driver(VsockIdentity.TRANSMIT);
        long header = bench.ram().allocate(Packet.HEADER_BYTES, 16);
        Packet packet = new Packet(bench.ram().bytes().asSlice(header - bench.ram().gpa(), Packet.HEADER_BYTES));
        packet.cids(Guest.CID, Packet.HOST_CID);
        packet.content(STREAM, Packet.DATA, 0, 0);
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            driver.begin();
            driver.readable(header, Packet.HEADER_BYTES);
            if (driver.offer() < 0) {
                break;
            }
            bench.kick(VsockIdentity.TRANSMIT);
            bench.run();
            taken += driver.poll() >= 0 ? 1 : 0;
        }
        assertEquals(256, taken);
    }

    @Test
    void resetOfTheDeviceEndsConnections() {
        FakeSockets.Socket socket = connect(STREAM);
        FakeSockets.Socket greeting = sockets.client("s", false);
        bench.run();
        bench.reset();
        assertTrue(socket.closed && greeting.closed);
        assertEquals(-1, context.host().nextTimerNanos());
    }

    @Test
    void connectionsOutliveAPause() {
        FakeSockets.Socket socket = connect(STREAM);
        bench.quiesce();
        socket.say("meanwhile");
        socket.hungUp = true;
        bench.run();
        bench.start();
        Guest resumed = new Guest(bench, 4096, bench::run);
        resumed.expect(Packet.SHUTDOWN);
        assertArrayEquals(text("meanwhile"), resumed.expect(Packet.DATA).data());
    }

    @Test
    void restoredDriverHearsThatItsConnectionsAreGone() {
        VsockDevice device = (VsockDevice) bench.device();
        byte[] state = device.saveState();
        bench.reset();
        device.restoreState(state);
        bench.start();
        FakeDriver events = bench.driver(VsockIdentity.EVENTS);
        long room = bench.ram().allocate(16, 8);
        bench.ram().bytes().asSlice(room - bench.ram().gpa(), 16).fill((byte) -1);
        events.begin();
        events.writable(room, 3);
        int shortOne = events.offer();
        bench.kick(VsockIdentity.EVENTS);
        assertEquals(shortOne, events.poll());
        assertEquals(0, events.usedBytes());
        for (int i = 0; i < 2; i++) {
            events.begin();
            events.writable(room, 8);
            events.offer();
            bench.kick(VsockIdentity.EVENTS);
        }
        assertTrue(events.poll() >= 0);
        assertEquals(4, events.usedBytes());
        assertEquals(0, bench.ram().bytes().get(java.lang.foreign.ValueLayout.JAVA_INT, room - bench.ram().gpa()));
        assertEquals(-1, events.poll(), "once");
        assertThrows(VmmException.Config.class, () -> device.restoreState(new byte[]{9}));
    }

    @Test
    void addressIsInTheConfiguration() {
        assertEquals(Guest.CID, bench.device().readConfig(0, 8));
        assertEquals(0, bench.device().readConfig(4, 4));
    }

    @Test
    void socketsOfAnotherMachineAreLeftAlone() {
        FakeSockets others = new FakeSockets();
        others.taken = true;
        VmmException.Host failure = assertThrows(VmmException.Host.class, () -> new VsockDevice(
                new VsockIdentity(Guest.CID, 3, List.of(256, 256, 256)), Path.of("s"), others, context.host().events(), context.loop()));
        assertEquals("cannot listen on s: EADDRINUSE [vsock]; each machine needs a socket path of its own, and one that an earlier machine"
                + " left behind must be removed", failure.getMessage());
    }

    @Test
    void dataMovesWithoutAllocating() {
        FakeDriver driver = bench.driver(VsockIdentity.TRANSMIT);
        connect(STREAM);
        sockets.open.getLast().room = Long.MAX_VALUE;
        long header = bench.ram().allocate(Packet.HEADER_BYTES, 16);
        Packet packet = new Packet(bench.ram().bytes().asSlice(header - bench.ram().gpa(), Packet.HEADER_BYTES));
        packet.cids(Guest.CID, Packet.HOST_CID);
        packet.ports(OWN, PORT);
        packet.content(STREAM, Packet.CREDIT_UPDATE, 0, 0);
        packet.credit(Guest.ROOM, 0);
        long allocated = AllocatedBytes.of(() -> {
            for (int i = 0; i < 100_000; i++) {
                driver.begin();
                driver.readable(header, Packet.HEADER_BYTES);
                driver.offer();
                bench.kick(VsockIdentity.TRANSMIT);
                driver.poll();
            }
        });
        assertEquals(0, allocated);
    }
}
