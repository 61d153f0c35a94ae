package testudo.plugin.virtio.vsock;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostSockets;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// The socket device (VIRTIO 1.3, 5.10 "Socket Device"), bridged to Unix sockets: moves packets between its queues and the [Bridge].
final class VsockDevice implements VirtioDevice, Snapshottable {
    private static final int STATE_VERSION = 1;
    /// `VIRTIO_VSOCK_EVENT_TRANSPORT_RESET` (5.10.6.7 "Device Events"): a little-endian number of 32 bits, 0.
    private static final int EVENT_BYTES = 4;

    private final VsockIdentity identity;
    private final Arena arena = Arena.ofShared();
    private final Packet packet = new Packet(arena.allocate(Packet.HEADER_BYTES, Long.BYTES));
    private final MemorySegment resetEvent = arena.allocate(EVENT_BYTES);
    private final Bridge bridge;
    private final GuestPackets guestPackets;
    private final HostPackets hostPackets;
    private final DescriptorChain outgoing = new DescriptorChain();
    private final DescriptorChain incoming = new DescriptorChain();
    private final DescriptorChain eventChain = new DescriptorChain();
    private final EventLoop.Turn transmitTurn;
    private final EventLoop.Turn receiveTurn;
    /// A chain was taken and waits for a packet.
    private boolean holding;
    private boolean resetDue;
    private @Nullable VirtioActivation activation;

    VsockDevice(VsockIdentity identity, Path path, HostSockets sockets, HostEvents events, EventLoop loop) {
        this.identity = identity;
        transmitTurn = loop.turn(this::transmit);
        receiveTurn = loop.turn(this::receive);
        try {
            bridge = new Bridge(path, sockets, events, loop, this::receive);
        } catch (RuntimeException failure) {
            arena.close();
            throw failure;
        }
        guestPackets = new GuestPackets(bridge);
        hostPackets = new HostPackets(bridge);
    }

    @Override
    public VirtioTraits traits() {
        return identity.traits();
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return identity.readConfig(offset, sizeBytes);
    }

    @Override
    public void activate(VirtioActivation with) {
        activation = with;
        guestPackets.messages((with.features() & VsockIdentity.SEQPACKET) != 0);
        bridge.start();
    }

    @Override
    public void onKick(int queue) {
        switch (queue) {
            case VsockIdentity.RECEIVE -> receive();
            case VsockIdentity.TRANSMIT -> transmit();
            default -> announce();
        }
    }

    private @Nullable Virtqueue queue(int index) {
        VirtioActivation active = activation;
        return active != null && active.queue(index).enabled() ? active.queue(index) : null;
    }

    /// Tells a driver that was restored that its connections are gone.
    private void announce() {
        Virtqueue to = queue(VsockIdentity.EVENTS);
        if (to != null && resetDue && to.next(eventChain)) {
            resetDue = eventChain.writable().sizeBytes() < EVENT_BYTES;
            to.complete(eventChain, resetDue ? 0 : eventChain.writable().write(resetEvent, 0, EVENT_BYTES));
        }
    }

    private void transmit() {
        Virtqueue from = queue(VsockIdentity.TRANSMIT);
        if (from == null) {
            return;
        }
        for (int served = 0; served < from.size(); served++) {
            if (bridge.resets().many()) {
                receive();
                if (bridge.resets().many()) {
                    return; // goes on when the guest has taken some
                }
            }
            if (!from.next(outgoing)) {
                receive();
                return;
            }
            boolean whole = outgoing.readable().read(packet.bytes, 0, Packet.HEADER_BYTES) == Packet.HEADER_BYTES;
            if (whole && packet.sourceCid() == identity.cid() && packet.targetCid() == Packet.HOST_CID) {
                guestPackets.take(packet, outgoing.readable());
            }
            from.complete(outgoing, 0);
        }
        receive();
        transmitTurn.again();
    }

    /// Gives the guest what waits for it, as far as it has buffers.
    private void receive() {
        Virtqueue to = queue(VsockIdentity.RECEIVE);
        if (to == null) {
            return;
        }
        boolean wasFull = bridge.resets().many();
        boolean buffers = true;
        for (int served = 0; served < to.size() && !hostPackets.isEmpty(); served++) {
            buffers = holding || to.next(incoming);
            if (!buffers) {
                break; // the driver kicks when there are some
            }
            holding = true;
            long room = incoming.writable().sizeBytes() - Packet.HEADER_BYTES;
            int lengthBytes = room <= 0 ? 0 : hostPackets.compose(packet, room);
            if (lengthBytes == HostPackets.NONE) {
                continue; // the chain is kept for the next
            }
            long written = 0;
            if (room > 0) {
                packet.cids(Packet.HOST_CID, identity.cid());
                written = incoming.writable().write(packet.bytes, 0, Packet.HEADER_BYTES)
                        + incoming.writable().write(bridge.scratch(), 0, lengthBytes);
            }
            holding = false;
            to.complete(incoming, written);
        }
        if (buffers && !hostPackets.isEmpty()) {
            receiveTurn.again();
        }
        if (wasFull && !bridge.resets().many()) {
            bridge.welcome();
            transmitTurn.again();
        }
    }

    @Override
    public void quiesce() {
        Virtqueue to = queue(VsockIdentity.RECEIVE);
        if (to != null && holding) {
            to.complete(incoming, 0);
        }
        holding = false;
        incoming.clear();
        activation = null;
        bridge.pause();
    }

    @Override
    public void reset() {
        quiesce();
        bridge.reset();
        resetDue = false;
    }

    /// Connections end with the machine that they were made in, so there is nothing but the version.
    @Override
    public byte[] saveState() {
        return new StateWriter(STATE_VERSION).toBytes();
    }

    /// The driver reads its address again after the reset event: it may be another.
    @Override
    public void restoreState(byte[] state) {
        new StateReader("vsock", state, STATE_VERSION).end();
        resetDue = true;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            activation = null;
            bridge.close();
            arena.close();
        }
    }
}
