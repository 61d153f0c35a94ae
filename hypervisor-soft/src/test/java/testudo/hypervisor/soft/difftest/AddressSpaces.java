package testudo.hypervisor.soft.difftest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/// Random page tables, one tree for each of Sv39, Sv48 and Sv57.
///
/// All of them map the gigabyte of the program itself onto itself, for S-mode; a window of 64 pages, a few superpages and a gigabyte with
/// random permissions, status bits, alignment and reserved bits; and, at [#STUBS], code for U-mode. Pages that may be written are never
/// executable: those hold only jumps back.
final class AddressSpaces {
    static final int VALID = 1;
    static final int READ = 2;
    static final int WRITE = 4;
    static final int EXECUTE = 8;
    static final int USER = 16;
    static final int GLOBAL = 32;
    static final int ACCESSED = 64;
    static final int DIRTY = 128;

    /// The random window.
    static final long WINDOW = 0x4000_0000L;
    static final int WINDOW_PAGES = 64;
    static final int SUPERPAGES = 10;
    /// Where U-mode finds its code.
    static final long STUBS = WINDOW + 511 * 4096;
    /// The random gigabyte.
    static final long GIGABYTE = 0xC000_0000L;
    /// The same again in the upper half, where addresses have more than 39 bits.
    static final long UPPER = 0xFFFF_FF80_0000_0000L;

    /// Pages that may be executed come first, then those that may be written, then the stubs.
    static final int CODE_PAGES = 7;
    static final int FIRST_DATA_PAGE = 8;
    static final int DATA_PAGES = 6;
    static final int STUB_PAGE = 15;

    private static final int PAGE_SHIFT = 12;
    private static final long ITSELF = 0x8000_0000L;
    private static final int ENTRIES = 512;

    private final RandomGenerator random;
    private final ByteBuffer tables = ByteBuffer.allocate(Layout.TABLES_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final long[] roots = new long[3];
    private final long[] windows = new long[3];
    private final long[] middles = new long[3];
    private int used;

    AddressSpaces(RandomGenerator random) {
        this.random = random;
        for (int space = 0; space < 3; space++) {
            build(space);
        }
    }

    /// The tables' bytes, for [Layout#TABLES].
    byte[] bytes() {
        return tables.array();
    }

    /// `satp` without an ASID.
    ///
    /// @param space 0 to 2: Sv39, Sv48, Sv57
    long satp(int space) {
        return (8L + space) << 60 | roots[space] >>> PAGE_SHIFT;
    }

    /// The address of a window page's entry.
    long entry(int space, int page) {
        return windows[space] + 8L * page;
    }

    /// The address of the entry of one of the superpages in front.
    long superpageEntry(int space, int index) {
        return middles[space] + 8L * index;
    }

    /// A random entry for a superpage of the window.
    long superpage() {
        return superpage(Layout.BASE);
    }

    private void build(int space) {
        long leaves = table();
        long middle = table();
        long upper = table();
        windows[space] = leaves;
        middles[space] = middle;
        for (int i = 0; i < WINDOW_PAGES; i++) {
            set(leaves, i, leaf());
        }
        set(leaves, ENTRIES - 1, page(STUB_PAGE) | VALID | READ | EXECUTE | USER | ACCESSED);
        set(middle, 0, pointer(leaves));
        for (int i = 1; i < SUPERPAGES - 2; i++) {
            set(middle, i, superpage(Layout.BASE));
        }
        // Pointers whose status bits are reserved, but for G.
        for (int i = SUPERPAGES - 2; i < SUPERPAGES; i++) {
            set(middle, i, pointer(leaves) | random.nextInt(16) << 4);
        }
        set(upper, 1, pointer(middle));
        set(upper, 2, ITSELF >>> 2 | VALID | READ | WRITE | EXECUTE | ACCESSED | DIRTY);
        set(upper, 3, superpage(ITSELF));
        long root = upper;
        for (int i = 0; i < space; i++) {
            long above = table();
            set(above, 0, pointer(root));
            set(above, ENTRIES - 1, pointer(root));
            root = above;
        }
        roots[space] = root;
    }

    private long table() {
        return Layout.TABLES + (long) used++ * Layout.PAGE_BYTES;
    }

    private void set(long table, int index, long entry) {
        tables.putLong((int) (table - Layout.TABLES) + 8 * index, entry);
    }

    private static long pointer(long table) {
        return table >>> 2 | VALID;
    }

    private static long page(int number) {
        return Layout.PAGES + (long) number * Layout.PAGE_BYTES >>> 2;
    }

    /// A random entry for a window page.
    long leaf() {
        int flags = flags();
        int number = (flags & EXECUTE) != 0 ? random.nextInt(CODE_PAGES) : FIRST_DATA_PAGE + random.nextInt(DATA_PAGES);
        return page(number) | flags | unusual();
    }

    private long superpage(long physical) {
        long misaligned = random.nextInt(6) == 0 ? 1L << 10 : 0;
        return physical >>> 2 | flags() | unusual() | misaligned;
    }

    private int flags() {
        if (random.nextInt(10) == 0) {
            // Anything, but for what may be written and executed.
            int any = random.nextInt(256);
            return (any & EXECUTE) != 0 ? any & ~WRITE : any;
        }
        int flags = VALID | random.nextInt(16) << 4;
        return flags | switch (random.nextInt(8)) {
            case 0 -> EXECUTE;
            case 1, 2 -> READ | EXECUTE;
            case 3, 4 -> READ;
            default -> READ | WRITE;
        };
    }

    /// Svpbmt's memory types. (QEMU before 8.1 also takes the reserved one, and Svnapot's bit without Svnapot.)
    private long unusual() {
        return random.nextInt(10) == 0 ? 1L + random.nextInt(2) << 61 : 0;
    }
}
