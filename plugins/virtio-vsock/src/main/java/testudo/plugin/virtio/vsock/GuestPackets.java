package testudo.plugin.virtio.vsock;

import testudo.plugin.virtio.vsock.Connection.State;
import testudo.spi.memory.BufferList;

/// What packets of the guest do. A connection whose rules one breaks is reset (VIRTIO 1.3, 5.10.6.6 "Stream Sockets").
final class GuestPackets {
    private final Bridge bridge;
    private boolean messages;

    GuestPackets(Bridge bridge) {
        this.bridge = bridge;
    }

    /// Says whether the driver has accepted message sockets.
    void messages(boolean accepted) {
        messages = accepted;
    }

    /// Follows a packet.
    /// @param packet its header, addressed to the host
    /// @param data what is behind it, at least as long as the header says or the packet is broken
    void take(Packet packet, BufferList data) {
        int hostPort = packet.targetPort();
        int guestPort = packet.sourcePort();
        int operation = packet.operation();
        Connection connection = bridge.connections().find(hostPort, guestPort);
        if (operation == Packet.RESET) {
            if (connection != null) {
                bridge.drop(connection);
            }
        } else if (connection == null) {
            begin(packet, hostPort, guestPort);
        } else if (packet.type() == connection.type && follow(connection, packet, data)) {
            goOn(connection);
        } else {
            bridge.abort(connection);
        }
    }

    private void begin(Packet packet, int hostPort, int guestPort) {
        boolean typeKnown = packet.type() == Packet.STREAM || (messages && packet.type() == Packet.SEQPACKET);
        if (typeKnown && packet.operation() == Packet.REQUEST && packet.lengthBytes() == 0) {
            bridge.request(hostPort, guestPort, packet);
        } else {
            bridge.resets().add(hostPort, guestPort, packet.type());
        }
    }

    private void goOn(Connection connection) {
        if (connection.state == State.OPEN && connection.guestIsDone()) {
            bridge.finish(connection);
            return;
        }
        if (connection.isDue() || connection.hasDataUnseen()) {
            bridge.connections().enqueue(connection);
        }
        bridge.update(connection);
    }

    /// @return false when the packet breaks a rule
    private boolean follow(Connection connection, Packet packet, BufferList data) {
        boolean open = connection.state == State.OPEN;
        int operation = packet.operation();
        if (connection.state == State.CONNECTING || (operation != Packet.DATA && packet.lengthBytes() != 0)
                || !connection.credit.guestSays(packet.roomBytes(), packet.forwardedBytes())) {
            return false;
        }
        switch (operation) {
            case Packet.RESPONSE -> {
                if (connection.state != State.REQUESTED) {
                    return false;
                }
                bridge.established(connection);
                return true;
            }
            case Packet.DATA -> {
                return connection.guestMaySend() && deliver(connection, packet, data);
            }
            case Packet.SHUTDOWN -> {
                if (open) {
                    connection.shutdownByGuest(packet.flags());
                }
                return open;
            }
            case Packet.CREDIT_UPDATE -> {
                return open;
            }
            case Packet.CREDIT_REQUEST -> {
                connection.makeDue(Packet.CREDIT_UPDATE);
                return open;
            }
            default -> {
                return false;
            }
        }
    }

    private boolean deliver(Connection connection, Packet packet, BufferList data) {
        long lengthBytes = packet.lengthBytes();
        if (lengthBytes > data.remainingBytes() || !connection.credit.received(lengthBytes)) {
            return false; // longer than its buffers, or than the credit it was given
        }
        data.read(bridge.scratch(), 0, lengthBytes);
        connection.deliver(bridge.scratch(), (int) lengthBytes, (packet.flags() & Packet.END_OF_MESSAGE) != 0);
        return true;
    }
}
