package testudo.hypervisor.soft.difftest;

/// Where a [Program] and its data are: the same addresses on every machine that runs it.
public final class Layout {
    /// The lowest address; all of the program's memory is readable, writable and executable.
    public static final long BASE = 0x8020_0000L;
    /// The first instruction to run.
    public static final long CODE = BASE;
    /// Where a program jumps when it is done. The machine puts there what hands the memory out.
    public static final long FINISH = BASE + 0x10_0000;
    /// Registers, before and after: x0 to x31, f0 to f31, `fcsr`, 8 bytes each.
    public static final long STATE = BASE + 0x11_0000;
    /// Operands, which programs only read; `gp` points to the middle.
    public static final long POOL = BASE + 0x11_1000;
    /// What loads and stores touch; `sp` points to the middle, a page's border.
    public static final long DATA = BASE + 0x11_2000;
    /// Page tables of privileged programs.
    public static final long TABLES = BASE + 0x11_4000;
    /// The pages that those map.
    public static final long PAGES = BASE + 0x12_4000;
    /// What programs log, 8 bytes an entry; `tp` points behind the last one.
    public static final long LOG = BASE + 0x13_4000;
    /// The bytes of all of it.
    public static final int SIZE_BYTES = 0x40_0000;

    static final int TABLES_BYTES = (int) (PAGES - TABLES);
    static final int PAGES_BYTES = (int) (LOG - PAGES);
    static final int PAGE_BYTES = 4096;
    static final int DATA_BYTES = 2 * PAGE_BYTES;
    static final int LOG_BYTES = (int) (BASE + SIZE_BYTES - LOG);

    private Layout() {}
}
