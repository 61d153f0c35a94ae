package testudo.plugin.virtio.net;

import testudo.spi.device.DeviceContext;
import testudo.spi.net.KernelLink;
import testudo.spi.virtio.VirtioActivation;

/// Frames move through the kernel; here it is only told when to start and to stop.
final class KernelPath implements FramePath {
    private final KernelLink link;
    private int started;

    KernelPath(KernelLink link) {
        this.link = link;
    }

    @Override
    public void activate(VirtioActivation activation, int pairs, DeviceContext context) {
        // The rings are the kernel's already.
    }

    @Override
    public void use(int pairs) {
        end(pairs);
        link.use(pairs);
        while (started < pairs) {
            link.start(started);
            started++;
        }
    }

    private void end(int pairs) {
        while (started > pairs) {
            started--;
            link.stop(started);
        }
    }

    @Override
    public void onKick(int queue) {
        throw new IllegalStateException("queue %d is the kernel's".formatted(queue));
    }

    @Override
    public void stop() {
        end(0);
    }

    @Override
    public void close() {
        // The link has closed the kernel's side.
    }
}
