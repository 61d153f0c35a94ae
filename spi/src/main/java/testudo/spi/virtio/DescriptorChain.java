package testudo.spi.virtio;

import testudo.spi.memory.BufferList;

/// A descriptor chain: a readable stream, then a writable stream. Drivers may split buffers anywhere (VIRTIO 1.3, 2.7.4 "Message Framing").
///
/// Made once by a device, for each request it can have under way, and reused.
public final class DescriptorChain {
    private final BufferList readable;
    private final BufferList writable;
    private int head = -1;
    private int descriptors;

    /// Makes an empty chain.
    public DescriptorChain() {
        readable = new BufferList(8);
        writable = new BufferList(8);
    }

    /// What the driver wrote for the device, with a cursor.
    /// @return the readable buffers
    public BufferList readable() {
        return readable;
    }

    /// Where the device may write, with a cursor.
    /// @return the writable buffers
    public BufferList writable() {
        return writable;
    }

    /// The chain's identity in its ring: the head descriptor or the packed ring's buffer id. For queue implementations.
    /// @return -1 when it holds no chain
    public int head() {
        return head;
    }

    /// How many ring slots it takes. For queue implementations.
    /// @return 1 or more
    public int descriptors() {
        return descriptors;
    }

    /// Empties it. For queue implementations.
    public void clear() {
        head = -1;
        descriptors = 0;
        readable.clear();
        writable.clear();
    }

    /// Marks it as filled. For queue implementations.
    /// @param head the identity, 0 to 65535
    /// @param descriptors ring slots, 1 or more
    public void fill(int head, int descriptors) {
        this.head = head;
        this.descriptors = descriptors;
    }
}
