package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkQueue;

/// A wire that a test holds the other end of.
final class FakeLink implements NetworkLink, NetworkQueue {
    final List<byte[]> sent = new ArrayList<>();
    final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    long agreed = -1;
    boolean closed;
    boolean keepSent = true;
    int used;
    int broken;
    private final int pairs;
    private final HostEvent event;

    FakeLink(HostPlatform host, int pairs) {
        this.pairs = pairs;
        event = host.events().newEvent();
    }

    void put(byte[] frame) {
        waiting.add(frame);
        event.signal();
    }

    @Override
    public long features() {
        return NetFeature.CSUM | NetFeature.GUEST_CSUM | NetFeature.GUEST_TSO4 | NetFeature.HOST_TSO4;
    }

    @Override
    public void agree(long features) {
        agreed = features;
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public int queues() {
        return pairs;
    }

    @Override
    public void use(int inUse) {
        used = inUse;
    }

    @Override
    public NetworkQueue queue(int index) {
        return this;
    }

    @Override
    public Pollable readiness() {
        return event;
    }

    @Override
    public int receive(MemorySegment to) {
        if (broken > 0) {
            broken++;
            return -77;
        }
        byte[] frame = waiting.poll();
        if (frame == null) {
            event.consume();
            return 0;
        }
        MemorySegment.copy(frame, 0, to, ValueLayout.JAVA_BYTE, 0, frame.length);
        return frame.length;
    }

    @Override
    public boolean send(MemorySegment frame, int lengthBytes) {
        if (keepSent) {
            sent.add(frame.asSlice(0, lengthBytes).toArray(ValueLayout.JAVA_BYTE));
        }
        return true;
    }

    @Override
    public void close() {
        closed = true;
        event.close();
    }
}
