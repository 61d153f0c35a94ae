package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import testudo.arch.x86_64.boot.BootImage.Limits;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.boot.BootImage.Segment;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// A multiboot 1 kernel with explicit load addresses (Multiboot Specification 0.6.96, 3.1 "OS image format").
final class MultibootFile {
    private static final int SEARCH_BYTES = 8192;
    private static final int MAGIC = 0x1BADB002;
    private static final int HEADER_BYTES = 32;
    private static final int HAS_ADDRESSES = 1 << 16;
    private static final int KNOWN_REQUIREMENTS = 3; // page-aligned modules, memory information
    private static final int REQUIREMENTS = 0xFFFF;

    private final KernelImage file;
    private final int headerOffset;
    private final ByteBuffer head;

    private MultibootFile(KernelImage file, int headerOffset, ByteBuffer head) {
        this.file = file;
        this.headerOffset = headerOffset;
        this.head = head;
    }

    /// Looks for a header that is valid, asks for nothing unknown and has load addresses.
    static Optional<MultibootFile> find(KernelImage file) {
        ByteBuffer head = ByteBuffer.wrap(file.bytes(0, SEARCH_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        int limit = (int) Math.min(SEARCH_BYTES, file.sizeBytes()) - HEADER_BYTES;
        for (int offset = 0; offset <= limit; offset += 4) {
            if (head.getInt(offset) == MAGIC) {
                int flags = head.getInt(offset + 4);
                boolean valid = MAGIC + flags + head.getInt(offset + 8) == 0;
                boolean known = (flags & REQUIREMENTS & ~KNOWN_REQUIREMENTS) == 0;
                if (valid && known && (flags & HAS_ADDRESSES) != 0) {
                    return Optional.of(new MultibootFile(file, offset, head));
                }
            }
        }
        return Optional.empty();
    }

    BootImage parse(MemoryMap map) {
        long headerAddress = field(12);
        long loadAddress = field(16);
        long loadEnd = field(20);
        long bssEnd = field(24);
        long entry = field(28);
        long offset = headerOffset - (headerAddress - loadAddress);
        if (loadAddress > headerAddress || offset < 0) {
            throw damaged("header_addr 0x%x and load_addr 0x%x put its start before the file"
                    .formatted(headerAddress, loadAddress));
        }
        long fileBytes = loadEnd == 0 ? file.sizeBytes() - offset : loadEnd - loadAddress;
        if (fileBytes <= 0 || fileBytes > file.sizeBytes() - offset) {
            throw damaged("load_end_addr 0x%x is not in the file; it is truncated".formatted(loadEnd));
        }
        long memoryBytes = bssEnd == 0 ? fileBytes : bssEnd - loadAddress;
        if (memoryBytes < fileBytes) {
            throw damaged("bss_end_addr 0x%x lies before the end of the data".formatted(bssEnd));
        }
        if (!map.holdsKernel(loadAddress, memoryBytes)) {
            throw damaged("0x%x bytes at 0x%x are not in memory from 1 MiB on".formatted(memoryBytes, loadAddress));
        }
        if (entry < loadAddress || entry >= loadAddress + memoryBytes) {
            throw damaged("entry_addr 0x%x is outside of it".formatted(entry));
        }
        Segment segment = new Segment(offset, loadAddress, fileBytes, memoryBytes);
        Limits limits = new Limits(segment.end(), Addresses.FOUR_GIB - 1, BootImage.COMMAND_LINE_BYTES);
        return new BootImage(
                "multiboot kernel", Protocol.MULTIBOOT, entry, List.of(segment), limits, Optional.empty());
    }

    private long field(int offset) {
        return Integer.toUnsignedLong(head.getInt(headerOffset + offset));
    }

    private VmmException.Config damaged(String what) {
        return new VmmException.Config("multiboot kernel %s: %s".formatted(file.path(), what));
    }
}
