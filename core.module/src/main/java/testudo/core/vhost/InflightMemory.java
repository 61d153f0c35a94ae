package testudo.core.vhost;

import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.core.ring.InflightLog;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;

/// What a back-end notes of the chains it has under way, in memory that its front-end keeps for the one after it ("Inflight I/O tracking").
/// On the session's thread.
/// @param memory shared with the front-end
/// @param queues how many rings it has room for
/// @param queueSize how large each of them is at most
record InflightMemory(SharedMemory memory, int queues, int queueSize) implements AutoCloseable {
    /// Size of a message's payload: size and offset of the memory, number and size of the rings, and what a C structure of them is
    /// filled up with. The specification does not count the last four bytes; QEMU, libvhost-user, DPDK and rust-vmm send and want them.
    static final int PAYLOAD_BYTES = 24;
    private static final int UNFILLED_BYTES = 20;
    private static final int LARGEST_RING = 32_768;

    /// Answers a front-end that has none yet.
    /// @param tracks whether rings are of a kind that is tracked; otherwise the answer is that there is no memory
    /// @throws PeerFault for numbers that can't be
    static void answer(MessageChannel channel, HostMemory host, int mostQueues, boolean tracks) {
        int payload = expect(channel, 0);
        int numbers = channel.getInt(16);
        long bytes = sizeBytes(numbers, mostQueues);
        if (!tracks) {
            reply(channel, payload, 0, numbers);
            return;
        }
        long page = host.pageSizeBytes();
        try (SharedMemory made = host.create("testudo.inflight", (bytes + page - 1) / page * page)) {
            reply(channel, payload, made.sizeBytes(), numbers, made);
        }
    }

    private static void reply(MessageChannel channel, int payload, long sizeBytes, int numbers, SharedMemory... memory) {
        channel.putLong(0, sizeBytes);
        channel.putLong(8, 0);
        channel.putInt(16, numbers);
        channel.putInt(20, 0);
        channel.send(Request.GET_INFLIGHT_FD, Request.VERSION | Request.REPLY, payload, List.of(memory));
    }

    /// Takes what a front-end has kept.
    /// @throws PeerFault when it is too small for what it is said to be
    /// @throws testudo.spi.VmmException.Host when it can't be mapped
    static InflightMemory take(MessageChannel channel, HandlePassing passing, int mostQueues) {
        expect(channel, 1);
        long sizeBytes = channel.getLong(0);
        int numbers = channel.getInt(16);
        if (sizeBytes < sizeBytes(numbers, mostQueues)) {
            throw new PeerFault("%d bytes for the chains under way, which take more".formatted(sizeBytes));
        }
        return new InflightMemory(passing.map(channel.takeHandle(), channel.getLong(8), sizeBytes), numbers & 0xFFFF, numbers >>> 16);
    }

    /// Checks a message's size, filled up or not.
    /// @return which of the two it is; an answer is to be alike
    /// @throws PeerFault when it is neither, or another number of handles came with it
    static int expect(MessageChannel channel, int handles) {
        int payload = channel.payloadBytes() == UNFILLED_BYTES ? UNFILLED_BYTES : PAYLOAD_BYTES;
        channel.expect(payload, handles);
        return payload;
    }

    private static long sizeBytes(int numbers, int mostQueues) {
        int queues = numbers & 0xFFFF;
        int queueSize = numbers >>> 16;
        if (queues == 0 || queues > mostQueues || queueSize == 0 || queueSize > LARGEST_RING) {
            throw new PeerFault("chains under way of %d rings of %d".formatted(queues, queueSize));
        }
        return queues * InflightLog.bytesFor(queueSize);
    }

    /// Where a ring notes its chains.
    /// @return null when there is no room for it
    @Nullable
    InflightLog log(int queue, int size) {
        long each = InflightLog.bytesFor(queueSize);
        return queue < queues && size <= queueSize ? new InflightLog(memory.bytes().asSlice(queue * each, each), size) : null;
    }

    @Override
    public void close() {
        memory.close();
    }
}
