package testudo.plugin.virtio.vsock;

import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.host.VhostDevice;
import testudo.spi.virtio.KernelServed;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioTraits;

/// The socket device whose packets the kernel moves: the guest is an address of the host's `AF_VSOCK`. The event queue stays here, silent.
final class KernelVsockDevice implements KernelServed {
    /// `VHOST_VSOCK_SET_GUEST_CID` and `VHOST_VSOCK_SET_RUNNING`: `include/uapi/linux/vhost.h`.
    static final int SET_GUEST_CID = 0x60;
    static final int SET_RUNNING = 0x61;

    private final VsockIdentity identity;
    private final VhostDevice backend;
    private boolean running;

    /// Takes the address; the back-end is closed with this, also when that fails.
    /// @throws VmmException.Host when the address is another's
    KernelVsockDevice(long cid, List<Integer> queueSizes, VhostDevice backend) {
        this.backend = backend;
        identity = new VsockIdentity(cid, backend.features() & VsockIdentity.SEQPACKET, queueSizes);
        try {
            backend.request(SET_GUEST_CID, cid, Long.BYTES);
        } catch (VmmException.Host failure) {
            backend.close();
            throw new VmmException.Host(
                    failure.kind(),
                    "cannot be cid %d: %s [vsock]; EADDRINUSE: another machine of this host has that cid, give each its own"
                            .formatted(cid, failure.getMessage()),
                    failure);
        }
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
    public Optional<KernelRing> kernelRing(int queue, long features) {
        return queue == VsockIdentity.EVENTS ? Optional.empty() : Optional.of(new KernelRing(backend, queue));
    }

    @Override
    public void activate(VirtioActivation activation) {
        try {
            backend.request(SET_RUNNING, 1, Integer.BYTES);
        } catch (VmmException.Host _) {
            throw new QueueFault("the kernel refuses the rings"); // as when a driver leaves one out
        }
        running = true;
    }

    @Override
    public void onKick(int queue) {
        // Connections of a machine that was restored would be announced here; the kernel can't give them up for a snapshot.
    }

    @Override
    public void quiesce() {
        if (running) {
            running = false;
            backend.request(SET_RUNNING, 0, Integer.BYTES);
        }
    }

    @Override
    public void reset() {
        // The kernel forgot its connections when it was stopped; the driver sets its rings up anew.
    }

    @Override
    public void close() {
        backend.close();
    }
}
