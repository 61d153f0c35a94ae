package testudo.plugin.virtio.net;

import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioActivation;

/// What moves frames between the queue pairs and the link. Called on the device's loop, [#onKick] on the queue's.
interface FramePath extends AutoCloseable {
    /// The driver is ready; [#use] follows.
    /// @param pairs how many the driver can use
    void activate(VirtioActivation activation, int pairs, DeviceContext context);

    /// So many pairs, from the first, carry frames from now on.
    void use(int pairs);

    /// Chains were made available on a queue of a pair.
    void onKick(int queue);

    /// Moves nothing any more. Idempotent.
    void stop();

    /// Releases what it has, after the link.
    @Override
    void close();
}
