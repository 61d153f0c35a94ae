package testudo.core.virtio;

/// How a transport tells the driver. Any thread; does not allocate.
public interface VirtioInterrupts {
    /// Before a transport is connected nobody hears anything.
    VirtioInterrupts NONE = new VirtioInterrupts() {
        @Override
        public void queue(int queue) {}

        @Override
        public void config() {}
    };

    /// A queue has used buffers.
    /// @param queue its index
    void queue(int queue);

    /// Configuration space or the device status has changed.
    void config();
}
