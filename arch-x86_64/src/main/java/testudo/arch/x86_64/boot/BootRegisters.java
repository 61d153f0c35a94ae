package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.layout.Addresses;
import testudo.spi.x86.X86BootState.Entry;
import testudo.spi.x86.X86BootState.SystemRegisters;
import testudo.spi.x86.X86Segment;

/// The state in which the boot vCPU enters a kernel, and the tables in memory that it needs.
public final class BootRegisters {
    private static final int PAGE_BYTES = (int) Addresses.PAGE_BYTES;
    private static final int DIRECTORIES = 4;
    private static final int ENTRIES = 512;
    private static final int PRESENT_WRITABLE = 3;
    private static final int LARGE_PAGE = 0x83;
    private static final int LARGE_PAGE_SHIFT = 21;
    private static final int CODE_SELECTOR = 0x10;
    private static final int DATA_SELECTOR = 0x18;
    private static final int TASK_SELECTOR = 0x20;
    private static final int CODE_64 = 0xA09B;
    private static final int CODE_32 = 0xC09B;
    private static final int DATA = 0xC093;
    private static final int TASK = 0x808B;
    private static final int SEGMENT_LIMIT = 0xFFFFF;
    private static final int GDT_64_BYTES = 48;
    private static final int GDT_32_BYTES = 40;
    private static final int IDT_LIMIT = 7;
    private static final long CR0_PE = 1;
    private static final long CR0_PG = 0x8000_0000L;
    private static final long CR4_PAE = 0x20;
    private static final long EFER_LME_LMA = 0x500;
    private static final long MULTIBOOT_MAGIC = 0x2BADB002L;

    private BootRegisters() {}

    /// Makes the boot page tables: 4 GiB mapped to themselves in 2 MiB pages.
    /// @return PML4, PDPT and page directories, to be written at [Addresses#PAGE_TABLES]
    public static byte[] pageTables() {
        ByteBuffer tables = ByteBuffer.allocate((2 + DIRECTORIES) * PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long pointers = Addresses.PAGE_TABLES + PAGE_BYTES;
        long directories = pointers + PAGE_BYTES;
        tables.putLong(0, pointers | PRESENT_WRITABLE);
        for (int i = 0; i < DIRECTORIES; i++) {
            tables.putLong(PAGE_BYTES + i * 8, directories + (long) i * PAGE_BYTES | PRESENT_WRITABLE);
        }
        for (int i = 0; i < DIRECTORIES * ENTRIES; i++) {
            tables.putLong(2 * PAGE_BYTES + i * 8, (long) i << LARGE_PAGE_SHIFT | LARGE_PAGE);
        }
        return tables.array();
    }

    /// Makes the boot GDT.
    /// @param protocol how the kernel is started
    /// @return descriptors, to be written at [Addresses#GDT]; the last one of long mode is also the empty IDT
    public static byte[] gdt(Protocol protocol) {
        boolean isLong = protocol == Protocol.LINUX_64;
        return ByteBuffer.allocate(GDT_64_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putLong(0)
                .putLong(descriptor(isLong ? CODE_64 : CODE_32))
                .putLong(descriptor(DATA))
                .putLong(descriptor(TASK))
                .array();
    }

    /// The registers.
    /// @param image the kernel
    /// @return the state of the boot vCPU
    public static Entry entry(BootImage image) {
        return switch (image.protocol()) {
            case LINUX_64 -> new Entry(image.entry(), Addresses.STACK, 0, 0, Addresses.ZERO_PAGE, longMode());
            case LINUX_32 -> new Entry(image.entry(), Addresses.STACK, 0, 0, Addresses.ZERO_PAGE, flat());
            case PVH -> new Entry(image.entry(), 0, 0, Addresses.START_INFO, 0, flat());
            case MULTIBOOT -> new Entry(image.entry(), 0, MULTIBOOT_MAGIC, Addresses.START_INFO, 0, flat());
        };
    }

    private static SystemRegisters longMode() {
        return new SystemRegisters(
                segment(CODE_SELECTOR, CODE_64),
                segment(DATA_SELECTOR, DATA),
                segment(TASK_SELECTOR, TASK),
                Addresses.GDT,
                GDT_64_BYTES - 1,
                Addresses.IDT,
                IDT_LIMIT,
                CR0_PE | CR0_PG,
                Addresses.PAGE_TABLES,
                CR4_PAE,
                EFER_LME_LMA);
    }

    private static SystemRegisters flat() {
        return new SystemRegisters(
                segment(CODE_SELECTOR, CODE_32),
                segment(DATA_SELECTOR, DATA),
                segment(TASK_SELECTOR, TASK),
                Addresses.GDT,
                GDT_32_BYTES - 1,
                Addresses.IDT,
                IDT_LIMIT,
                CR0_PE,
                0,
                0,
                0);
    }

    /// A descriptor with base 0 and the largest limit (Intel SDM volume 3, 3.4.5 "Segment Descriptors").
    private static long descriptor(int flags) {
        return (long) flags << 40 | (SEGMENT_LIMIT & 0xF0000L) << 32 | (SEGMENT_LIMIT & 0xFFFF);
    }

    private static X86Segment segment(int selector, int flags) {
        return new X86Segment(selector, 0, -1, flags);
    }
}
