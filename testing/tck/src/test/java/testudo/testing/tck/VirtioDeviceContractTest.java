package testudo.testing.tck;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// The contract holds for a device that does as little as a device can: it fills what it may write.
class VirtioDeviceContractTest extends VirtioDeviceContract {
    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new Filler();
    }

    private static final class Filler implements VirtioDevice, Snapshottable {
        private final MemorySegment pattern = Arena.ofAuto().allocate(256);
        private final DescriptorChain chain = new DescriptorChain();
        private @Nullable VirtioActivation activation;

        @Override
        public VirtioTraits traits() {
            return new VirtioTraits(4, "filler", VirtioFeature.IN_ORDER, List.of(256), 4, 0xFF00, 1, true);
        }

        @Override
        public long readConfig(int offset, int sizeBytes) {
            return 0;
        }

        @Override
        public void activate(VirtioActivation newActivation) {
            activation = newActivation;
        }

        @Override
        public void onKick(int index) {
            VirtioActivation active = activation;
            if (active == null) {
                throw new IllegalStateException("kicked before it was activated");
            }
            Virtqueue queue = active.queue(index);
            while (queue.next(chain)) {
                queue.complete(chain, chain.writable().write(pattern, 0, 256));
            }
        }

        @Override
        public void quiesce() {}

        @Override
        public void reset() {
            activation = null;
        }

        @Override
        public byte[] saveState() {
            return new StateWriter(1).toBytes();
        }

        @Override
        public void restoreState(byte[] state) {
            new StateReader("filler", state, 1).end();
        }

        @Override
        public void close() {}
    }
}
