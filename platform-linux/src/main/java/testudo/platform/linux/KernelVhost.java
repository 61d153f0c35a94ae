package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static testudo.platform.linux.call.KernelStruct.offset;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Opening;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvent;
import testudo.spi.host.VhostDevice;
import testudo.spi.memory.GuestRegion;

/// A back-end of the kernel: `/dev/vhost-net`, `/dev/vhost-vsock`. It reads guest memory by the mappings of the process that opened it.
final class KernelVhost extends Descriptor implements VhostDevice {
    private static final int INDEX = 0;
    private static final int VALUE = 4;
    private static final long GPA = offset(VhostRequest.REGION, "guest_phys_addr");
    private static final long SIZE = offset(VhostRequest.REGION, "memory_size");
    private static final long USER = offset(VhostRequest.REGION, "userspace_addr");
    private static final long DESCRIPTORS = offset(VhostRequest.ADDRESSES, "desc_user_addr");
    private static final long USED = offset(VhostRequest.ADDRESSES, "used_user_addr");
    private static final long AVAILABLE = offset(VhostRequest.ADDRESSES, "avail_user_addr");

    private final Path path;
    private final long features;

    private KernelVhost(int descriptor, Path path) {
        super(descriptor);
        this.path = path;
        try (Arena arena = Arena.ofConfined()) {
            call("become its owner", VhostRequest.SET_OWNER, 0);
            MemorySegment answer = arena.allocate(JAVA_LONG);
            call("ask for its features", VhostRequest.GET_FEATURES, answer.address());
            features = answer.get(JAVA_LONG, 0);
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /// Opens one and becomes its owner.
    /// @throws VmmException.Host when there is none, or it may not be used
    static VhostDevice open(Path path) {
        int inherited = InheritedDescriptor.number(path);
        int descriptor = inherited >= 0
                ? InheritedDescriptor.duplicate(inherited, Opening.O_RDWR)
                : Opening.open(path.toString(), Opening.O_RDWR);
        if (descriptor < 0) {
            throw new VmmException.Host(
                    Errno.kind(-descriptor), "cannot open %s: %s; %s".formatted(path, Errno.name(-descriptor), advice(descriptor, path)));
        }
        return new KernelVhost(descriptor, path);
    }

    private static String advice(int result, Path path) {
        return switch (-result) {
            case Errno.ENOENT, Errno.ENODEV -> "load the module %s".formatted(String.valueOf(path.getFileName()).replace('-', '_'));
            case Errno.EACCES, Errno.EPERM -> "this user needs read and write access to it";
            default -> "the kernel's log may say why";
        };
    }

    private void call(String what, long request, long argument) {
        long result = Ioctl.call(descriptor(), request, argument);
        if (result < 0) {
            throw Errno.failure("%s: cannot %s".formatted(path, what), result);
        }
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public void features(long negotiated) {
        try (Arena arena = Arena.ofConfined()) {
            call("set its features", VhostRequest.SET_FEATURES, arena.allocateFrom(JAVA_LONG, negotiated & features).address());
        }
    }

    @Override
    public void memory(List<GuestRegion> regions) {
        List<GuestRegion> shared = regions.stream().filter(region -> region.access() != GuestRegion.HostAccess.NONE).toList();
        long header = VhostRequest.MEMORY.byteSize();
        long step = VhostRequest.REGION.byteSize();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = arena.allocate(header + shared.size() * step, Long.BYTES);
            table.set(JAVA_INT, 0, shared.size());
            for (int i = 0; i < shared.size(); i++) {
                GuestRegion region = shared.get(i);
                long at = header + i * step;
                table.set(JAVA_LONG, at + GPA, region.gpa());
                table.set(JAVA_LONG, at + SIZE, region.sizeBytes());
                table.set(JAVA_LONG, at + USER, NativeRange.forWriting(region.bytes(), 0, region.sizeBytes()));
            }
            call("set the memory table of %d regions".formatted(shared.size()), VhostRequest.SET_MEM_TABLE, table.address());
        }
    }

    @Override
    public void ring(int ring, RingPlace place) {
        pair("set the size of ring %d to %d".formatted(ring, place.size()), VhostRequest.SET_VRING_NUM, ring, place.size());
        pair("set the position of ring %d".formatted(ring), VhostRequest.SET_VRING_BASE, ring, place.position());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment addresses = arena.allocate(VhostRequest.ADDRESSES);
            addresses.set(JAVA_INT, INDEX, ring);
            addresses.set(JAVA_LONG, DESCRIPTORS, address(place.descriptors()));
            addresses.set(JAVA_LONG, AVAILABLE, address(place.available()));
            addresses.set(JAVA_LONG, USED, address(place.used()));
            call("set the addresses of ring %d".formatted(ring), VhostRequest.SET_VRING_ADDR, addresses.address());
        }
    }

    private static long address(MemorySegment segment) {
        return NativeRange.forWriting(segment, 0, segment.byteSize());
    }

    @Override
    public void kick(int ring, HostEvent event) {
        pair("set the kick event of ring %d".formatted(ring), VhostRequest.SET_VRING_KICK, ring, OpenDescriptor.of(event));
    }

    @Override
    public void call(int ring, HostEvent event) {
        pair("set the call event of ring %d".formatted(ring), VhostRequest.SET_VRING_CALL, ring, OpenDescriptor.of(event));
    }

    @Override
    public void error(int ring, HostEvent event) {
        pair("set the error event of ring %d".formatted(ring), VhostRequest.SET_VRING_ERR, ring, OpenDescriptor.of(event));
    }

    @Override
    public int position(int ring) {
        return pair("ask for the position of ring %d".formatted(ring), VhostRequest.GET_VRING_BASE, ring, 0) & 0xFFFF;
    }

    @Override
    public void request(int request, long value, int sizeBytes) {
        String what = "make request 0x%x with 0x%x".formatted(request, value);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_LONG);
            if (sizeBytes == Long.BYTES) {
                number.set(JAVA_LONG, 0, value);
            } else {
                number.set(JAVA_INT, 0, Math.toIntExact(value));
            }
            call(what, VhostRequest.number(request, sizeBytes), number.address());
        }
    }

    /// `struct vhost_vring_state` and `struct vhost_vring_file` are alike.
    private int pair(String what, long request, int index, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(VhostRequest.STATE);
            both.set(JAVA_INT, INDEX, index);
            both.set(JAVA_INT, VALUE, value);
            call(what, request, both.address());
            return both.get(JAVA_INT, VALUE);
        }
    }
}
