package testudo.arch.riscv64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import testudo.arch.riscv64.boot.BootImage.Segment;
import testudo.arch.riscv64.boot.Source.Plain;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// A 64-bit ELF kernel (System V ABI, "Object Files").
///
/// Where its physical addresses are in memory it goes there; a file that is linked for another place, as Linux's `vmlinux` is, goes
/// where an Image would, its parts as far apart as it says.
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int MAX_PROGRAM_HEADERS = 256;
    private static final int EM_RISCV = 243;
    private static final int PT_LOAD = 1;
    private static final long PLACE_ALIGNMENT = 2L << 20;

    private final KernelImage file;
    private final ByteBuffer header;

    /// A program header.
    private record ProgramHeader(int type, long offset, long virtual, long physical, long fileBytes, long memoryBytes) {
        boolean contains(long first, long address) {
            return Long.compareUnsigned(address - first, memoryBytes) < 0;
        }
    }

    ElfFile(KernelImage file) {
        this.file = file;
        this.header = header(file);
    }

    static boolean isElf(KernelImage file) {
        return header(file).getInt(0) == 0x464C457F;
    }

    static boolean isRiscv(KernelImage file) {
        ByteBuffer header = header(file);
        return isElf(file) && header.get(5) == 1 && Short.toUnsignedInt(header.getShort(18)) == EM_RISCV;
    }

    private static ByteBuffer header(KernelImage file) {
        return ByteBuffer.wrap(file.bytes(0, HEADER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    BootImage parse(MemoryMap map) {
        checkHeader();
        List<ProgramHeader> headers = programHeaders();
        long move = move(headers, map);
        List<String> problems = new ArrayList<>();
        List<Segment> segments = segments(headers, move, map, problems);
        OptionalLong entry = entry(headers, move);
        if (problems.isEmpty() && entry.isEmpty()) {
            problems.add("kernel %s: its entry point 0x%x is in none of its segments".formatted(file.path(), header.getLong(24)));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new BootImage("ELF kernel", entry.orElseThrow(), segments, segments.getLast().end());
    }

    private void checkHeader() {
        if (file.sizeBytes() < HEADER_BYTES) {
            throw broken("is truncated: %d bytes".formatted(file.sizeBytes()));
        }
        int machine = Short.toUnsignedInt(header.getShort(18));
        if (header.get(4) != 2 || header.get(5) != 1 || machine != EM_RISCV) {
            throw broken("is an ELF file of class %d, byte order %d for machine %d; 64 bits, little-endian and RISC-V (243) are needed"
                    .formatted(header.get(4) * 32, header.get(5), machine));
        }
        int type = header.getShort(16);
        if (type != 2 && type != 3) {
            throw broken("is an ELF file of type %d, not an executable".formatted(type));
        }
    }

    private List<ProgramHeader> programHeaders() {
        long offset = header.getLong(32);
        int entryBytes = Short.toUnsignedInt(header.getShort(54));
        int count = Short.toUnsignedInt(header.getShort(56));
        if (entryBytes != PROGRAM_HEADER_BYTES || count == 0 || count > MAX_PROGRAM_HEADERS) {
            throw broken("has %d program headers of %d bytes; 1 to %d of %d are possible"
                    .formatted(count, entryBytes, MAX_PROGRAM_HEADERS, PROGRAM_HEADER_BYTES));
        }
        if (offset < 0 || offset > file.sizeBytes() - (long) count * entryBytes) {
            throw broken("is truncated: %d program headers at 0x%x, %d bytes".formatted(count, offset, file.sizeBytes()));
        }
        ByteBuffer table = ByteBuffer.wrap(file.bytes(offset, count * entryBytes)).order(ByteOrder.LITTLE_ENDIAN);
        List<ProgramHeader> headers = new ArrayList<>();
        for (int at = 0; at < count * entryBytes; at += entryBytes) {
            ProgramHeader found = new ProgramHeader(
                    table.getInt(at), table.getLong(at + 8), table.getLong(at + 16), table.getLong(at + 24), table.getLong(at + 32),
                    table.getLong(at + 40));
            if (found.type() == PT_LOAD && (found.memoryBytes() != 0 || found.fileBytes() != 0)) {
                headers.add(found);
            }
        }
        if (headers.isEmpty()) {
            throw broken("has nothing to load");
        }
        headers.sort((a, b) -> Long.compareUnsigned(a.physical(), b.physical()));
        return headers;
    }

    /// How far the file is moved from where it is linked: 0 where that is in memory.
    private static long move(List<ProgramHeader> headers, MemoryMap map) {
        long lowest = headers.getFirst().physical();
        boolean inMemory = lowest >= MemoryMap.RAM && lowest < map.ramEnd();
        return inMemory ? 0 : MemoryMap.KERNEL - (lowest & -PLACE_ALIGNMENT);
    }

    private List<Segment> segments(List<ProgramHeader> headers, long move, MemoryMap map, List<String> problems) {
        List<Segment> segments = new ArrayList<>();
        for (ProgramHeader found : headers) {
            String what = "kernel %s: segment of 0x%x bytes at 0x%x ".formatted(file.path(), found.memoryBytes(), found.physical());
            if (found.memoryBytes() < 0 || Long.compareUnsigned(found.fileBytes(), found.memoryBytes()) > 0) {
                problems.add(what + "has 0x%x bytes in the file; the file is damaged".formatted(found.fileBytes()));
            } else if (found.offset() < 0 || found.offset() > file.sizeBytes() - found.fileBytes()) {
                problems.add(what + "is truncated: it ends behind the end of the file, %d".formatted(file.sizeBytes()));
            } else if (!map.holds(found.physical() + move, found.memoryBytes())) {
                problems.add(what + "is not in memory, which goes from 0x%x to 0x%x; is there enough (--mem)?"
                        .formatted(MemoryMap.RAM, map.ramEnd()));
            } else {
                segments.add(new Segment(
                        new Plain(file, found.offset()), found.physical() + move, found.fileBytes(), found.memoryBytes()));
            }
        }
        segments.sort(Comparator.comparingLong(Segment::gpa));
        for (int i = 1; i < segments.size(); i++) {
            if (segments.get(i).gpa() < segments.get(i - 1).end()) {
                problems.add("kernel %s: segments at 0x%x and 0x%x overlap"
                        .formatted(file.path(), segments.get(i - 1).gpa(), segments.get(i).gpa()));
            }
        }
        return segments;
    }

    /// The entry point is a virtual address where the two kinds differ, and a physical one in some kernels.
    private OptionalLong entry(List<ProgramHeader> headers, long move) {
        long entry = header.getLong(24);
        for (ProgramHeader found : headers) {
            if (found.contains(found.virtual(), entry)) {
                return OptionalLong.of(entry - found.virtual() + found.physical() + move);
            }
        }
        return headers.stream().anyMatch(found -> found.contains(found.physical(), entry))
                ? OptionalLong.of(entry + move)
                : OptionalLong.empty();
    }

    private VmmException.Config broken(String what) {
        return new VmmException.Config("kernel %s %s".formatted(file.path(), what));
    }
}
