package testudo.plugin.virtio.net;

import java.util.function.IntConsumer;
import testudo.spi.device.EventLoop;
import testudo.spi.memory.BufferList;
import testudo.spi.net.NetworkLink;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Answers the driver's requests (VIRTIO 1.3, 5.1.6.5 "Control Virtqueue"). Served by one thread.
///
/// Receive modes and address filters are accepted and need nothing: the link passes every frame that is meant for the guest, and the driver drops what it
/// does not want.
final class ControlQueue extends QueueServer {
    private static final int OK = 0;
    private static final int ERROR = 1;
    private static final int CLASS_RX = 0;
    private static final int CLASS_MAC = 1;
    private static final int TABLE_SET = 0;
    private static final int MAC_BYTES = 6;
    private static final int CLASS_MQ = 4;
    private static final int CLASS_OFFLOADS = 5;
    private static final int RX_LAST_COMMAND = 5;
    private static final int HEADER_BYTES = 2;

    private final NetworkLink link;
    private final int pairs;
    private final IntConsumer use;
    private final DescriptorChain chain = new DescriptorChain();
    private long features;

    /// @param pairs the most that the driver may use
    /// @param use told how many it uses
    ControlQueue(NetworkLink link, int pairs, IntConsumer use) {
        this.link = link;
        this.pairs = pairs;
        this.use = use;
    }

    void activate(Virtqueue from, long negotiated, EventLoop owner) {
        features = negotiated;
        activate(from, owner);
    }

    @Override
    boolean step(Virtqueue from) {
        if (!from.next(chain)) {
            return false;
        }
        int answer = request(chain.readable());
        from.complete(chain, chain.writable().writeByte(answer) ? 1 : 0);
        return true;
    }

    private int request(BufferList bytes) {
        if (bytes.sizeBytes() < HEADER_BYTES) {
            return ERROR;
        }
        int kind = bytes.readByte();
        int command = bytes.readByte();
        return switch (kind) {
            case CLASS_RX -> (features & NetFeature.CTRL_RX) != 0 && command <= RX_LAST_COMMAND && bytes.remainingBytes() >= 1 ? OK : ERROR;
            case CLASS_MAC -> (features & NetFeature.CTRL_RX) != 0 && command == TABLE_SET && isTable(bytes) ? OK : ERROR;
            case CLASS_MQ -> command == 0 ? pairs(bytes) : ERROR;
            case CLASS_OFFLOADS -> command == 0 ? offloads(bytes) : ERROR;
            default -> ERROR;
        };
    }

    /// Two tables, of single and of group addresses, each with its length in front. Nothing is kept of them.
    private static boolean isTable(BufferList bytes) {
        for (int table = 0; table < 2; table++) {
            if (bytes.remainingBytes() < Integer.BYTES) {
                return false;
            }
            long lengthBytes = Integer.toUnsignedLong(bytes.readInt()) * MAC_BYTES;
            if (lengthBytes > bytes.remainingBytes()) {
                return false;
            }
            bytes.skip(lengthBytes);
        }
        return true;
    }

    private int pairs(BufferList bytes) {
        if ((features & NetFeature.MQ) == 0 || bytes.remainingBytes() < 2) {
            return ERROR;
        }
        int wanted = bytes.readByte() | bytes.readByte() << 8;
        if (wanted < 1 || wanted > pairs) {
            return ERROR;
        }
        use.accept(wanted);
        return OK;
    }

    private int offloads(BufferList bytes) {
        if ((features & NetFeature.CTRL_GUEST_OFFLOADS) == 0 || bytes.remainingBytes() < Long.BYTES) {
            return ERROR;
        }
        long wanted = bytes.readLong();
        if ((wanted & ~(features & NetFeature.GUEST_OFFLOADS)) != 0) {
            return ERROR;
        }
        link.agree((features & NetFeature.OFFLOADS & ~NetFeature.GUEST_OFFLOADS) | wanted);
        return OK;
    }
}
