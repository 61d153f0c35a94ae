package testudo.plugin.virtio.block;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.option.Key;
import testudo.spi.pci.PciAddress;

/// What the user wants of a disk.
/// @param path the image
/// @param ro whether the guest may only read
/// @param root whether it is the guest's root file system
/// @param sparse whether discard is offered
/// @param direct whether the host's page cache is bypassed
/// @param lock whether the image is locked against other processes
/// @param blockSize logical block size in bytes
/// @param id serial number
/// @param multipleWorkers whether each queue has a thread
/// @param asyncExecutor how asynchronous I/O is done
/// @param packedQueue whether packed virtqueues are offered
/// @param bootindex place in the firmware's boot order
/// @param pciAddress where it goes
/// @param dontcache whether pages should leave the page cache after use
record BlockOptions(
        @Key(help = "disk image") Path path,
        @Key(fallback = "false", help = "read-only") boolean ro,
        @Key(fallback = "false", help = "the guest's root file system: adds root=/dev/vdX to the kernel command line") boolean root,
        @Key(fallback = "true", help = "give discarded space back to the host") boolean sparse,
        @Key(fallback = "false", aliases = "o_direct", help = "bypass the host's page cache") boolean direct,
        @Key(fallback = "true", help = "lock the image against other processes") boolean lock,
        @Key(fallback = "512", aliases = "block_size", max = BlockOptions.MAX_BLOCK_BYTES, help = "logical block size in bytes, a multiple of 512") int blockSize,
        @Key(help = "serial number, at most 20 ASCII characters") Optional<String> id,
        @Key(fallback = "false", help = "one thread for each queue") boolean multipleWorkers,
        @Key(fallback = "auto", aliases = "async_executor", help = "how the host does I/O: auto, uring, epoll (a thread)") Executor asyncExecutor,
        @Key(fallback = "false", help = "offer packed virtqueues") boolean packedQueue,
        @Key(help = "place in the firmware's boot order, lowest first") Optional<Integer> bootindex,
        @Key(help = "PCI address") Optional<PciAddress> pciAddress,
        @Key(fallback = "false", help = "ask the host to drop cached pages after use") boolean dontcache) {
    static final int MAX_BLOCK_BYTES = 1 << 30;
    static final int MAX_ID_BYTES = 20;
    private static final int SECTOR_BYTES = 512;
    private static final String READ_ONLY = ":read-only";

    /// How asynchronous I/O is done.
    enum Executor {
        /// The fastest that works.
        AUTO(RingKind.AUTO),
        /// io_uring or failure.
        URING(RingKind.URING),
        /// A thread with blocking calls.
        EPOLL(RingKind.THREAD);

        private final RingKind ring;

        Executor(RingKind ring) {
            this.ring = ring;
        }

        RingKind ring() {
            return ring;
        }
    }

    /// The same disk with what an old option says about it.
    BlockOptions as(boolean readOnly, boolean rootDisk) {
        return new BlockOptions(
                path, readOnly, rootDisk, sparse, direct, lock, blockSize, id, multipleWorkers, asyncExecutor, packedQueue,
                bootindex, pciAddress, dontcache);
    }

    /// The disk of `device block --file`.
    /// @param text path, with `:read-only` behind it or not
    static BlockOptions file(String text) {
        boolean readOnly = text.endsWith(READ_ONLY);
        String path = readOnly ? text.substring(0, text.length() - READ_ONLY.length()) : text;
        return new BlockOptions(
                Path.of(path), readOnly, false, false, false, true, SECTOR_BYTES, Optional.empty(), false, Executor.AUTO, false,
                Optional.empty(), Optional.empty(), false);
    }

    DiskRequest request() {
        return new DiskRequest(path, ro, direct, lock, asyncExecutor.ring());
    }

    OptionalInt bootOrder() {
        return bootindex.isPresent() ? OptionalInt.of(bootindex.get()) : OptionalInt.empty();
    }

    /// Adds what is wrong with the values.
    void check(String where, List<String> problems) {
        if (blockSize < SECTOR_BYTES || blockSize % SECTOR_BYTES != 0) {
            problems.add("%s: block-size %d is not a positive multiple of 512".formatted(where, blockSize));
        }
        if (id.isPresent() && (id.get().length() > MAX_ID_BYTES || !id.get().chars().allMatch(c -> c > 0 && c < 0x80))) {
            problems.add("%s: id '%s' is not at most 20 ASCII characters".formatted(where, id.get()));
        }
        if (path.toString().isEmpty()) {
            problems.add("%s: path is empty; name a disk image".formatted(where));
        }
    }
}
