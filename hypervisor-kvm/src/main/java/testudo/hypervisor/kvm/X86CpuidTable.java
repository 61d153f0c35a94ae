package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.x86.CpuidEntry;

/// Turns `struct kvm_cpuid2` into values and back.
final class X86CpuidTable {
    private static final long HEADER = KvmCpuid2.LAYOUT.byteSize();
    private static final long ENTRY = KvmCpuidEntry2.LAYOUT.byteSize();

    private X86CpuidTable() {}

    /// Makes a table with room for entries.
    static MemorySegment allocate(Arena arena, int entries) {
        MemorySegment table = arena.allocate(HEADER + ENTRY * entries, Long.BYTES);
        table.set(JAVA_INT, KvmCpuid2.NENT, entries);
        return table;
    }

    static List<CpuidEntry> read(MemorySegment table) {
        int count = table.get(JAVA_INT, KvmCpuid2.NENT);
        List<CpuidEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = HEADER + ENTRY * i;
            int flags = table.get(JAVA_INT, at + KvmCpuidEntry2.FLAGS);
            entries.add(new CpuidEntry(
                    table.get(JAVA_INT, at + KvmCpuidEntry2.FUNCTION),
                    table.get(JAVA_INT, at + KvmCpuidEntry2.INDEX),
                    (flags & KvmCpuidEntry2.SIGNIFICANT_INDEX) != 0,
                    table.get(JAVA_INT, at + KvmCpuidEntry2.EAX),
                    table.get(JAVA_INT, at + KvmCpuidEntry2.EBX),
                    table.get(JAVA_INT, at + KvmCpuidEntry2.ECX),
                    table.get(JAVA_INT, at + KvmCpuidEntry2.EDX)));
        }
        return entries;
    }

    static MemorySegment write(Arena arena, List<CpuidEntry> entries) {
        MemorySegment table = allocate(arena, entries.size());
        long at = HEADER;
        for (CpuidEntry entry : entries) {
            table.set(JAVA_INT, at + KvmCpuidEntry2.FUNCTION, entry.function());
            table.set(JAVA_INT, at + KvmCpuidEntry2.INDEX, entry.index());
            table.set(
                    JAVA_INT,
                    at + KvmCpuidEntry2.FLAGS,
                    entry.indexMatters() ? KvmCpuidEntry2.SIGNIFICANT_INDEX : 0);
            table.set(JAVA_INT, at + KvmCpuidEntry2.EAX, entry.eax());
            table.set(JAVA_INT, at + KvmCpuidEntry2.EBX, entry.ebx());
            table.set(JAVA_INT, at + KvmCpuidEntry2.ECX, entry.ecx());
            table.set(JAVA_INT, at + KvmCpuidEntry2.EDX, entry.edx());
            at += ENTRY;
        }
        return table;
    }
}
