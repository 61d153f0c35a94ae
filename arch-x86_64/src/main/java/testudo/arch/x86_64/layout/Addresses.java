package testudo.arch.x86_64.layout;

/// Fixed guest physical addresses. What lies below 1 MiB is written before each start and free for the guest afterwards.
public final class Addresses {
    /// One page.
    public static final long PAGE_BYTES = 0x1000;
    /// The boot GDT.
    public static final long GDT = 0x1500;
    /// The boot IDT: one empty gate.
    public static final long IDT = 0x1528;
    /// What a multiboot or PVH kernel is handed: one page.
    public static final long START_INFO = 0x6000;
    /// The Linux zero page, or the memory map of a PVH kernel: one page.
    public static final long ZERO_PAGE = 0x7000;
    /// The initial stack pointer; the stack grows down.
    public static final long STACK = 0x8000;
    /// The boot page tables: PML4, PDPT, four page directories.
    public static final long PAGE_TABLES = 0x9000;
    /// The kernel command line.
    public static final long COMMAND_LINE = 0x20000;
    /// Room for the command line with its terminating NUL.
    public static final int COMMAND_LINE_BYTES = 0x800;
    /// The chain of setup_data.
    public static final long SETUP_DATA = 0x20800;
    /// The MP configuration table.
    public static final long MP_TABLE = 0x9E800;
    /// The MP floating pointer, in the last KiB of base memory, where kernels search for it.
    public static final long MP_FLOATING_POINTER = 0x9FFF0;
    /// Where base memory ends and the legacy hole starts.
    public static final long LEGACY_HOLE = 0xA0000;
    /// RSDP and all ACPI tables.
    public static final long ACPI = 0xE0000;
    /// Room for the ACPI tables.
    public static final int ACPI_BYTES = 0x10000;
    /// SMBIOS entry point and structures.
    public static final long SMBIOS = 0xF0000;
    /// Room for SMBIOS.
    public static final int SMBIOS_BYTES = 0x10000;
    /// Where memory continues above the legacy hole.
    public static final long HIGH_MEMORY = 0x100000;
    /// Where a relocatable kernel is loaded.
    public static final long KERNEL = 0x200000;
    /// The I/O APIC.
    public static final long IO_APIC = 0xFEC00000L;
    /// The local APICs.
    public static final long LOCAL_APIC = 0xFEE00000L;
    /// Identity-map page and task state segment of the hypervisor: four pages.
    public static final long HYPERVISOR_PAGES = 0xFEFFC000L;
    /// How much the hypervisor's own pages take.
    public static final long HYPERVISOR_PAGES_BYTES = 0x4000;
    /// 4 GiB.
    public static final long FOUR_GIB = 0x1_0000_0000L;
    /// The largest firmware image.
    public static final long FIRMWARE_MAX_BYTES = 16L << 20;

    private Addresses() {}
}
