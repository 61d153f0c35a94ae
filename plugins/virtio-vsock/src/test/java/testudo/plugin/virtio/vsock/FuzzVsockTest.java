package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;
import testudo.testing.tck.TestContext;

/// Fuzz target: packets of the guest with any header, and programs of the host that come, say anything, stall and go. Nothing is thrown, the device goes on,
/// no socket is forgotten, and there are never more connections than allowed.
class FuzzVsockTest {
    private static final int PORTS = 4;
    private static final int QUEUE = 16;
    private static final int MOST_STEPS = 128;
    private static final long RAM_BYTES = 4 << 20;

    private final FakeSockets sockets = new FakeSockets();

    /// Steps: 0 packet, 1 any packet, 2 client, 3 host's data, 4 host's state, 5 time. A packet: ports, type and operation, flags, room, forwarded, data.
    static Stream<byte[]> seeds() {
        String open = "00 00 11 00 00 00 ";
        return Stream.of(
                "", open, open + "00 00 15 00 00 00 0020", open + "00 00 14 03 00 00", open + "00 00 13 00 00 00",
                open + "03 00 2000 00 00 16 00 00 00", open + "00 00 17 00 00 00", "00 00 21 00 00 00 00 00 25 01 00 00 0100",
                open + "04 00 02 00 00 15 00 00 00 4000 04 00 03", "02 00 01 00 00 12 00 00 00 03 00 0100", "02 01 00 05 ff",
                "01 0000000000000003 0000000000000002 00000400 00000000 00000000 0001 0001 00000000 00010000 00000000 0000",
                open + "04 00 00 03 00 0010 00 00 16 00 ff 00010000", "02 02 6e6f6e73656e7365").map(
                        text -> HexFormat.of().parseHex(text.replace(" ", "")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void packets(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        TestContext context = new TestContext();
        sockets.open.clear();
        sockets.refuses = false;
        sockets.full = false;
        try (FuzzLimit _ = new FuzzLimit(bytes);
                DeviceBench bench = new DeviceBench(context, RAM_BYTES, any -> new VsockDevice(
                        new VsockIdentity(Guest.CID, 3, List.of(QUEUE, QUEUE, QUEUE)), Path.of("s"), sockets, any.host().events(), any
                                .loop()))
                        .start()) {
            Guest guest = new Guest(bench, 4096, bench::run);
            for (int i = 0; i < MOST_STEPS && !input.isEmpty(); i++) {
                step(context, guest, input);
                sockets.open.removeIf(socket -> socket.closed);
                assertTrue(sockets.open.size() <= Connections.MOST);
                assertFalse(bench.needsReset(), "sound chains are no fault");
            }
            drain(guest);
            assertTrue(context.events().isEmpty());
            bench.reset();
            assertTrue(sockets.open.stream().allMatch(socket -> socket.closed), "a socket was forgotten");
        }
    }

    private void step(TestContext context, Guest guest, FuzzInput input) {
        switch (input.u8() % 7) {
            case 0 -> packet(guest, input);
            case 1 -> guest.sendRaw(input.i64(), input.i32(), input.i32(), input.u16(), input.u16(), input.i32(), input.i32(),
                    input.i32(), input.i32(), new byte[input.u16()]);
            case 2 -> client(input);
            case 3 -> any(input, socket -> socket.input.add(new byte[1 + input.u16()]));
            case 4 -> any(input, socket -> state(socket, input));
            case 5 -> context.host().advance(input.u8() * Bridge.HALF_OPEN_NANOS / 64);
            default -> drain(guest);
        }
    }

    /// Ports and CID are right, and mostly the length.
    private static void packet(Guest guest, FuzzInput input) {
        int ports = input.u8();
        int kind = input.u8();
        int flags = input.u8();
        int room = 1 << 16 | input.delta();
        int forwarded = input.delta();
        byte[] data = new byte[(kind & 0xF) == Packet.DATA ? input.u16() : 0];
        int length = (kind & 0x80) == 0 ? data.length : input.i32();
        guest.sendRaw(Guest.CID, ports % PORTS, ports / PORTS % PORTS, kind >> 4 & 7, kind & 0xF, flags, length, room, forwarded, data);
    }

    private void client(FuzzInput input) {
        int kind = input.u8();
        boolean messages = (kind & 1) != 0;
        String words = (kind & 2) == 0
                ? "CONNECT " + input.u8() % PORTS + "\n"
                : new String(input.bytes(input.u8()), java.nio.charset.StandardCharsets.ISO_8859_1);
        sockets.client(messages ? "s.seqpacket" : "s", messages).say(words);
    }

    private void any(FuzzInput input, java.util.function.Consumer<FakeSockets.Socket> action) {
        int which = input.u8();
        if (!sockets.open.isEmpty()) {
            action.accept(sockets.open.get(which % sockets.open.size()));
        }
    }

    private void state(FakeSockets.Socket socket, FuzzInput input) {
        int what = input.u8();
        switch (what & 7) {
            case 0 -> socket.hungUp = true;
            case 1 -> socket.ended = true;
            case 2 -> socket.room = 0;
            case 3 -> socket.room = input.u16();
            case 4 -> sockets.refuses = (what & 8) != 0;
            case 5 -> sockets.full = (what & 8) != 0;
            default -> socket.input.add(new byte[]{1});
        }
    }

    private static void drain(Guest guest) {
        for (Guest.Received packet = guest.poll(); packet != null; packet = guest.poll()) {
            assertTrue(packet.data().length <= Rooms.BYTES);
        }
    }
}
