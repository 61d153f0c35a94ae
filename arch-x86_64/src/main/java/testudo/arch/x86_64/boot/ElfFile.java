package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import testudo.arch.x86_64.boot.BootImage.Limits;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.boot.BootImage.Segment;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// An ELF kernel of either class (System V ABI, "Object Files"), with or without a PVH entry point.
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int MAX_PROGRAM_HEADERS = 256;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;

    private final KernelImage file;
    private final ByteBuffer header;
    private final boolean is64Bit;

    /// A program header of either class.
    private record ProgramHeader(int type, long offset, long gpa, long fileBytes, long memoryBytes, long align) {}

    ElfFile(KernelImage file) {
        this.file = file;
        this.header = header(file);
        this.is64Bit = header.get(4) == 2;
    }

    static boolean isElf(KernelImage file) {
        return header(file).getInt(0) == 0x464C457F;
    }

    static boolean isX86(KernelImage file) {
        ByteBuffer header = header(file);
        int machine = Short.toUnsignedInt(header.getShort(18));
        return isElf(file) && header.get(5) == 1 && (machine == EM_386 || machine == EM_X86_64);
    }

    private static ByteBuffer header(KernelImage file) {
        return ByteBuffer.wrap(file.bytes(0, HEADER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    BootImage parse(MemoryMap map) {
        checkHeader();
        List<ProgramHeader> headers = programHeaders();
        List<String> problems = new ArrayList<>();
        List<Segment> segments = segments(headers, map, problems);
        OptionalLong pvh = OptionalLong.empty();
        for (ProgramHeader header : headers) {
            if (header.type() == PT_NOTE && pvh.isEmpty()) {
                pvh = ElfNotes.pvhEntry(file, header.offset(), header.fileBytes(), header.align(), problems);
            }
        }
        long entry = pvh.orElseGet(this::entry);
        if (problems.isEmpty() && segments.stream().noneMatch(s -> entry >= s.gpa() && entry < s.end())) {
            problems.add("kernel %s: its %s entry point 0x%x is in none of its segments"
                    .formatted(file.path(), pvh.isPresent() ? "PVH" : "ELF", entry));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return image(pvh.isPresent(), entry, segments);
    }

    private BootImage image(boolean pvh, long entry, List<Segment> segments) {
        long end = segments.getLast().end();
        // A PVH kernel is told a 64-bit address but keeps 32 bits of it; a 32-bit one reaches low memory only.
        long initrdMax = pvh && is64Bit ? Addresses.FOUR_GIB - 1 : BootImage.INITRD_MAX;
        Protocol linux = is64Bit ? Protocol.LINUX_64 : Protocol.LINUX_32;
        return new BootImage(
                "ELF%d kernel, %s entry".formatted(is64Bit ? 64 : 32, pvh ? "PVH" : is64Bit ? "64-bit" : "32-bit"),
                pvh ? Protocol.PVH : linux,
                entry,
                segments,
                new Limits(end, initrdMax, BootImage.COMMAND_LINE_BYTES),
                Optional.empty());
    }

    private void checkHeader() {
        if (file.sizeBytes() < HEADER_BYTES) {
            throw broken("is truncated: %d bytes".formatted(file.sizeBytes()));
        }
        if (header.get(5) != 1) {
            throw broken("is an ELF file of big-endian byte order, not for x86");
        }
        int machine = Short.toUnsignedInt(header.getShort(18));
        if ((header.get(4) != 1 && header.get(4) != 2) || machine != (is64Bit ? EM_X86_64 : EM_386)) {
            throw broken("is an ELF file of class %d for machine %d%s, not for x86".formatted(
                    header.get(4), machine, machine == 183 ? " (arm64)" : machine == 243 ? " (riscv)" : ""));
        }
        int type = header.getShort(16);
        if (type != 2 && type != 3) {
            throw broken("is an ELF file of type %d, not an executable".formatted(type));
        }
    }

    private long entry() {
        return is64Bit ? header.getLong(24) : Integer.toUnsignedLong(header.getInt(24));
    }

    private List<ProgramHeader> programHeaders() {
        long offset = is64Bit ? header.getLong(32) : Integer.toUnsignedLong(header.getInt(28));
        int entryBytes = Short.toUnsignedInt(header.getShort(is64Bit ? 54 : 42));
        int count = Short.toUnsignedInt(header.getShort(is64Bit ? 56 : 44));
        if (entryBytes != (is64Bit ? 56 : 32) || count == 0 || count > MAX_PROGRAM_HEADERS) {
            throw broken("has %d program headers of %d bytes; 1 to %d of %d are possible"
                    .formatted(count, entryBytes, MAX_PROGRAM_HEADERS, is64Bit ? 56 : 32));
        }
        if (offset < 0 || offset > file.sizeBytes() - (long) count * entryBytes) {
            throw broken("is truncated: %d program headers at 0x%x, %d bytes".formatted(count, offset, file.sizeBytes()));
        }
        ByteBuffer table = ByteBuffer.wrap(file.bytes(offset, count * entryBytes)).order(ByteOrder.LITTLE_ENDIAN);
        List<ProgramHeader> headers = new ArrayList<>();
        for (int at = 0; at < count * entryBytes; at += entryBytes) {
            headers.add(is64Bit ? header64(table, at) : header32(table, at));
        }
        return headers;
    }

    private static ProgramHeader header64(ByteBuffer table, int at) {
        return new ProgramHeader(
                table.getInt(at),
                table.getLong(at + 8),
                table.getLong(at + 24),
                table.getLong(at + 32),
                table.getLong(at + 40),
                table.getLong(at + 48));
    }

    private static ProgramHeader header32(ByteBuffer table, int at) {
        return new ProgramHeader(
                table.getInt(at),
                Integer.toUnsignedLong(table.getInt(at + 4)),
                Integer.toUnsignedLong(table.getInt(at + 12)),
                Integer.toUnsignedLong(table.getInt(at + 16)),
                Integer.toUnsignedLong(table.getInt(at + 20)),
                Integer.toUnsignedLong(table.getInt(at + 28)));
    }

    private List<Segment> segments(List<ProgramHeader> headers, MemoryMap map, List<String> problems) {
        List<Segment> segments = new ArrayList<>();
        for (ProgramHeader header : headers) {
            if (header.type() != PT_LOAD || (header.memoryBytes() == 0 && header.fileBytes() == 0)) {
                continue;
            }
            String what = "kernel %s: segment of 0x%x bytes at 0x%x ".formatted(
                    file.path(), header.memoryBytes(), header.gpa());
            if (Long.compareUnsigned(header.fileBytes(), header.memoryBytes()) > 0) {
                problems.add(what + "has more bytes in the file, 0x%x".formatted(header.fileBytes()));
            } else if (header.offset() < 0 || header.offset() > file.sizeBytes() - header.fileBytes()) {
                problems.add(what + "is truncated: it ends behind the end of the file, %d".formatted(file.sizeBytes()));
            } else if (!map.holdsKernel(header.gpa(), header.memoryBytes())) {
                problems.add(what + "is not in memory, which goes from 0x%x to 0x%x; is there enough (--mem)?"
                        .formatted(Addresses.HIGH_MEMORY, map.lowRamEnd()));
            } else {
                segments.add(new Segment(
                        header.offset(), header.gpa(), header.fileBytes(), header.memoryBytes()));
            }
        }
        segments.sort(Comparator.comparingLong(Segment::gpa));
        checkOverlap(segments, problems);
        if (segments.isEmpty() && problems.isEmpty()) {
            problems.add("kernel %s has nothing to load".formatted(file.path()));
        }
        return segments;
    }

    private void checkOverlap(List<Segment> segments, List<String> problems) {
        for (int i = 1; i < segments.size(); i++) {
            if (segments.get(i).gpa() < segments.get(i - 1).end()) {
                problems.add("kernel %s: segments at 0x%x and 0x%x overlap"
                        .formatted(file.path(), segments.get(i - 1).gpa(), segments.get(i).gpa()));
            }
        }
    }

    private VmmException.Config broken(String what) {
        return new VmmException.Config("kernel %s %s".formatted(file.path(), what));
    }
}
