package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.TestContext;

/// A device on a small machine, for one input of a fuzz target. What the input asks for: split or packed rings, and how chains are cut.
final class NetFuzz implements AutoCloseable {
    static final int QUEUE = 64;
    private static final long RAM_BYTES = 4 << 20;
    private static final int RAW_FLAGS = 0xFFFF;

    final FakeLink link;
    final DeviceBench bench;
    final long features;
    /// Whether descriptors were written that no driver writes: nothing is known any more about what comes back.
    boolean wild;
    /// Whether the last chain had a buffer of no bytes, which the ring may refuse.
    boolean empty;

    NetFuzz(String net, int pairs, FuzzInput input) {
        TestContext context = new TestContext();
        link = new FakeLink(context.host(), pairs);
        NetIdentity identity = NetIdentity.of(NetDeviceTest.options(net), link, pairs);
        int rings = input.u8();
        long without = ((rings & 1) == 0 ? VirtioFeature.RING_PACKED : 0) | ((rings & 2) == 0 ? 0 : NetFeature.MRG_RXBUF);
        features = (identity.traits().features() | VirtioFeature.VERSION_1 | ((rings & 1) == 0 ? 0 : VirtioFeature.RING_PACKED)) & ~without;
        bench = new DeviceBench(context, RAM_BYTES, any -> new NetDevice(identity, link, any, new LinkPath(identity, link)))
                .start(features, QUEUE);
    }

    /// Puts bytes into the guest's RAM.
    /// @return where, or -1 when it is full
    long put(long at, byte[] bytes) {
        MemorySegment.copy(bytes, 0, bench.ram().bytes(), ValueLayout.JAVA_BYTE, at - bench.ram().gpa(), bytes.length);
        return at;
    }

    byte[] get(long at, int lengthBytes) {
        return bench.ram().bytes().asSlice(at - bench.ram().gpa(), lengthBytes).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Cuts bytes into readable buffers.
    void readable(FakeDriver driver, FuzzInput input, long at, int lengthBytes) {
        for (int part : cut(input, lengthBytes)) {
            empty |= part == 0;
            driver.readable(at, part);
            at += part;
        }
    }

    /// Offers the chain, at times in a table of its own.
    int offer(FakeDriver driver, boolean indirect, long table) {
        return indirect ? driver.offerIndirect(table) : driver.offer();
    }

    private static List<Integer> cut(FuzzInput input, int lengthBytes) {
        List<Integer> parts = new ArrayList<>();
        int left = lengthBytes;
        for (int cuts = input.u8() & 7; cuts > 0 && left > 0; cuts--) {
            int part = Math.min(input.u8(), left);
            parts.add(part);
            left -= part;
        }
        if (left > 0) {
            parts.add(left);
        }
        return parts;
    }

    /// Writes a descriptor with any values over one of a chain, and offers the chain.
    void raw(FakeDriver driver, FuzzInput input, long near) {
        wild = true;
        int slot = input.u8() % QUEUE;
        long address = (input.u8() & 1) == 0 ? near + input.u16() : input.i64();
        int length = (input.u8() & 1) == 0 ? input.u16() : input.i32();
        driver.begin();
        driver.readable(near, 2);
        driver.writable(near + 2, 1);
        driver.offer();
        driver.writeDescriptor(slot, address, length, input.u16() & RAW_FLAGS, input.u16());
    }

    @Override
    public void close() {
        bench.close();
    }
}
