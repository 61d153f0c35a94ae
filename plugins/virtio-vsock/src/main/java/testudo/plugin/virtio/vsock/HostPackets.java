package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import testudo.plugin.virtio.vsock.Connection.State;
import testudo.spi.host.LocalSocket;

/// Makes the packets for the guest: resets first, then the connections that have something, one packet each in turn.
final class HostPackets {
    /// Nothing came of it.
    static final int NONE = -1;

    private final Bridge bridge;

    HostPackets(Bridge bridge) {
        this.bridge = bridge;
    }

    boolean isEmpty() {
        return bridge.resets().isEmpty() && bridge.connections().nothingWaits();
    }

    /// Makes the next packet: its header, but for the addresses, and its data in the bridge's scratch.
    /// @param room for data, at least 1
    /// @return bytes of data, or [#NONE] when the connection whose turn it was has nothing
    int compose(Packet packet, long room) {
        if (!bridge.resets().isEmpty()) {
            bridge.resets().take(packet);
            return 0;
        }
        Connection connection = bridge.connections().poll();
        if (connection == null) {
            return NONE;
        }
        int lengthBytes = connection.isDue() ? operation(connection, packet) : data(connection, packet, room);
        if (connection.state == State.ENDED) {
            return NONE;
        }
        if (lengthBytes != NONE) {
            packet.ports(connection.hostPort(), connection.guestPort());
            connection.credit.tell(packet);
        }
        if (connection.isDue() || lengthBytes > 0 || connection.hasDataUnseen()) {
            bridge.connections().enqueue(connection);
        }
        bridge.update(connection);
        return lengthBytes;
    }

    private int operation(Connection connection, Packet packet) {
        int operation = connection.takeDue();
        int flags = 0;
        if (operation == Packet.SHUTDOWN) {
            flags = connection.hostShutdown();
            if (connection.hostIsDone()) {
                bridge.limit(connection, Bridge.HALF_OPEN_NANOS); // for the guest's last word
            }
        }
        packet.content(connection.type, operation, 0, flags);
        return 0;
    }

    private int data(Connection connection, Packet packet, long room) {
        long most = Math.min(room, connection.credit.availableBytes());
        if (!connection.guestListens() || most <= 0) {
            return NONE;
        }
        MemorySegment scratch = bridge.scratch();
        int flags = 0;
        int lengthBytes;
        if (connection.messageBytes() > 0) {
            lengthBytes = (int) Math.min(most, connection.messageBytes());
            connection.takeMessage(scratch, lengthBytes);
            flags = connection.messageBytes() == 0 ? Packet.END_OF_MESSAGE : 0;
        } else {
            long wanted = connection.messages() ? scratch.byteSize() : Math.min(most, Rooms.BYTES);
            long got = connection.socket().receive(scratch, 0, wanted);
            if (got <= 0) {
                return nothing(connection, got);
            }
            if (got > Rooms.BYTES) {
                bridge.abort(connection); // a longer message than any; its rest is lost
                return NONE;
            }
            lengthBytes = (int) Math.min(got, most);
            if (lengthBytes < got) {
                connection.keepMessage(scratch, lengthBytes, (int) got - lengthBytes);
            } else if (connection.messages()) {
                flags = Packet.END_OF_MESSAGE;
            }
        }
        connection.credit.sent(lengthBytes);
        if (connection.credit.availableBytes() == 0) {
            connection.makeDue(Packet.CREDIT_REQUEST);
        }
        packet.content(connection.type, Packet.DATA, lengthBytes, flags);
        return lengthBytes;
    }

    private static int nothing(Connection connection, long got) {
        if (got != LocalSocket.AGAIN) {
            connection.endOfData();
        }
        return NONE;
    }
}
