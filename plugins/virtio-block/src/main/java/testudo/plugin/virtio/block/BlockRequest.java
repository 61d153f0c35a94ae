package testudo.plugin.virtio.block;

import testudo.spi.memory.BufferList;
import testudo.spi.virtio.DescriptorChain;

/// A request of the driver (VIRTIO 1.3, 5.2.6 "Device Operation"): taken apart and checked, whatever the chain holds.
///
/// Made with its queue, once for each entry, and reused. Nothing of the guest is read after [#parse] but the data itself.
final class BlockRequest {
    /// What the driver wants, or why it can't have it.
    enum Kind {
        /// Disk to guest.
        READ,
        /// Guest to disk.
        WRITE,
        /// Make writes durable.
        FLUSH,
        /// The serial number.
        GET_ID,
        /// Free ranges.
        DISCARD,
        /// Make ranges read as zero.
        WRITE_ZEROES,
        /// A read or write of nothing.
        NOTHING,
        /// Answered with an I/O error.
        IO_ERROR,
        /// Answered as unsupported.
        UNSUPPORTED,
        /// There is no byte for the status: nothing can be answered.
        NO_STATUS
    }

    /// What a disk allows.
    /// @param readOnly whether it can't be written
    /// @param discard whether discard was negotiated
    /// @param writeZeroes whether writing zeroes was negotiated
    /// @param hasId whether it has a serial number
    /// @param alignmentBytes what positions and lengths have to be multiples of
    record Limits(boolean readOnly, boolean discard, boolean writeZeroes, boolean hasId, int alignmentBytes) {}

    static final int SECTOR_BYTES = 512;
    private static final int TYPE_IN = 0;
    private static final int TYPE_OUT = 1;
    private static final int TYPE_FLUSH = 4;
    private static final int TYPE_GET_ID = 8;
    private static final int TYPE_DISCARD = 11;
    private static final int TYPE_WRITE_ZEROES = 13;
    private static final int HEADER_BYTES = 16;
    private static final int RANGE_BYTES = 16;
    private static final int FLAG_UNMAP = 1;

    private final DescriptorChain chain = new DescriptorChain();
    private final long[] positions = new long[BlockConfig.MAX_RANGES];
    private final long[] lengths = new long[BlockConfig.MAX_RANGES];
    private final boolean[] unmaps = new boolean[BlockConfig.MAX_RANGES];
    private Kind kind = Kind.NO_STATUS;
    private int ranges;

    /// Which range is being worked on; for the executor.
    int nextRange;
    /// Whether a flush of the written data is under way; for the executor.
    boolean persisting;

    DescriptorChain chain() {
        return chain;
    }

    Kind kind() {
        return kind;
    }

    /// How many ranges of the disk it concerns, 1 for a read or write.
    int ranges() {
        return ranges;
    }

    /// Where a range starts, in bytes.
    long position(int range) {
        return positions[range];
    }

    /// The length of a range in bytes.
    long lengthBytes(int range) {
        return lengths[range];
    }

    /// Whether zeroing a range may free it.
    boolean mayUnmap(int range) {
        return unmaps[range];
    }

    /// How many bytes the driver has room for in front of the status.
    long roomBytes() {
        return chain.writable().sizeBytes() - 1;
    }

    /// Takes the chain apart and leaves the data's cursor at the first byte.
    void parse(long capacitySectors, Limits limits) {
        ranges = 0;
        nextRange = 0;
        persisting = false;
        kind = decode(capacitySectors, limits);
    }

    private Kind decode(long capacitySectors, Limits limits) {
        BufferList from = chain.readable();
        if (chain.writable().sizeBytes() < 1) {
            return Kind.NO_STATUS;
        }
        if (from.sizeBytes() < HEADER_BYTES) {
            return Kind.IO_ERROR;
        }
        int type = from.readInt();
        from.skip(Integer.BYTES);
        long sector = from.readLong();
        return switch (type) {
            case TYPE_IN -> transfer(Kind.READ, sector, roomBytes(), capacitySectors, limits);
            case TYPE_OUT -> limits.readOnly()
                    ? Kind.IO_ERROR
                    : transfer(Kind.WRITE, sector, from.remainingBytes(), capacitySectors, limits);
            case TYPE_FLUSH -> Kind.FLUSH;
            case TYPE_GET_ID -> getId(limits);
            case TYPE_DISCARD -> rangesOf(Kind.DISCARD, limits.discard(), capacitySectors, limits);
            case TYPE_WRITE_ZEROES -> rangesOf(Kind.WRITE_ZEROES, limits.writeZeroes(), capacitySectors, limits);
            default -> Kind.UNSUPPORTED;
        };
    }

    private Kind transfer(Kind what, long sector, long lengthBytes, long capacitySectors, Limits limits) {
        if (lengthBytes % SECTOR_BYTES != 0 || !add(sector, lengthBytes / SECTOR_BYTES, capacitySectors, limits)) {
            return Kind.IO_ERROR;
        }
        return lengthBytes == 0 ? Kind.NOTHING : what;
    }

    private Kind getId(Limits limits) {
        if (!limits.hasId()) {
            return Kind.UNSUPPORTED;
        }
        return roomBytes() < BlockOptions.MAX_ID_BYTES ? Kind.IO_ERROR : Kind.GET_ID;
    }

    private Kind rangesOf(Kind what, boolean offered, long capacitySectors, Limits limits) {
        if (limits.readOnly()) {
            return Kind.IO_ERROR;
        }
        BufferList from = chain.readable();
        long count = from.remainingBytes() / RANGE_BYTES;
        if (!offered) {
            return Kind.UNSUPPORTED;
        }
        if (from.remainingBytes() % RANGE_BYTES != 0 || count < 1 || count > BlockConfig.MAX_RANGES) {
            return Kind.IO_ERROR;
        }
        boolean inside = true;
        for (int i = 0; i < count; i++) {
            long sector = from.readLong();
            long sectors = Integer.toUnsignedLong(from.readInt());
            int flags = from.readInt();
            if ((flags & ~FLAG_UNMAP) != 0 || (what == Kind.DISCARD && flags != 0)) {
                return Kind.UNSUPPORTED;
            }
            unmaps[i] = flags == FLAG_UNMAP;
            inside &= add(sector, sectors, capacitySectors, limits);
        }
        return inside ? what : Kind.IO_ERROR;
    }

    /// Adds a range when it lies on the disk. Exact for all values: nothing here can wrap.
    private boolean add(long sector, long sectors, long capacitySectors, Limits limits) {
        if (Long.compareUnsigned(sector, capacitySectors) > 0 || sectors > capacitySectors - sector) {
            return false;
        }
        long position = sector * SECTOR_BYTES;
        long length = sectors * SECTOR_BYTES;
        if (((position | length) & (limits.alignmentBytes() - 1)) != 0) {
            return false;
        }
        positions[ranges] = position;
        lengths[ranges] = length;
        ranges++;
        return true;
    }
}
