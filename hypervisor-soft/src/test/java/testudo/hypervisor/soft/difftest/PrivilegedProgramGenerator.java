package testudo.hypervisor.soft.difftest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Makes random programs for S-mode: page tables of three modes, accesses of all kinds through them from S- and U-mode, changes of the
/// tables, reserved encodings, interrupts. Each trap is logged with its cause, value, address and `sstatus`.
///
/// A piece has a log of its own, of eight entries: four for a trap, the rest for its results. x30 says where to go on after a trap.
final class PrivilegedProgramGenerator {
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int HANDLER = 28;
    private static final int RESUME = 30;
    private static final int TEMPORARY = 31;
    private static final int ENTRIES = 8;
    private static final int RESULT = 32;

    private static final int SSTATUS = 0x100;
    private static final int SIE = 0x104;
    private static final int STVEC = 0x105;
    private static final int SSCRATCH = 0x140;
    private static final int SEPC = 0x141;
    private static final int SCAUSE = 0x142;
    private static final int STVAL = 0x143;
    private static final int SIP = 0x144;
    private static final int SATP = 0x180;
    private static final int SPP = 1 << 8;
    private static final int FS_INITIAL = 1 << 13;
    private static final int FS_DIRTY = 3 << 13;
    private static final long VS = 3L << 9;
    private static final long UXL = 3L << 32;
    private static final long UXL_64 = 2L << 32;
    private static final int SUM = 1 << 18;
    private static final int MXR = 1 << 19;
    private static final int SFENCE_VMA = 0x1200_0073;
    private static final int SRET = 0x1020_0073;
    private static final int ECALL = 0x73;
    private static final int STUB_BYTES = 16;

    /// What reads or writes `(a1)`, by x10 or f10.
    private static final int[] ACCESSES = {load(0), load(1), load(2), load(3), load(4), load(5), load(6), store(0), store(1), store(2),
            store(3),
            Code.i(0x07, 2, A0, A1, 0), Code.i(0x07, 3, A0, A1, 0), Code.s(0x27, 2, A1, A0, 0), Code.s(0x27, 3, A1, A0, 0)};
    /// The same, where the address has to be aligned.
    private static final int[] ATOMICS = {Code.r(0x2F, 0, 2, A0, A1, A0), Code.r(0x2F, 0, 3, A0, A1, A0), Code.r(0x2F, 4, 3, A0, A1, A0),
            Code.r(0x2F, 8, 2, A0, A1, 0), Code.r(0x2F, 8, 3, A0, A1, 0), Code.r(0x2F, 0x30, 3, A0, A1, A0)};
    private static final int[] FORBIDDEN_TO_USERS = {SFENCE_VMA, SRET, Code.i(0x73, 2, A0, 0, SSCRATCH), Code.i(0x73, 1, 0, A0, SATP),
            Code.i(0x73, 2, A0, 0, SSTATUS), 0, 0x0010_0073 | 0x1000_0000, 0xC001_1073};
    private static final int FETCH = Code.i(0x67, 0, 0, A1, 0);

    private final SplittableRandom random;
    private final Code code = new Code(Layout.CODE);
    private final AddressSpaces spaces;
    private final List<Integer> stubs = new ArrayList<>();
    private int space = -1;

    private PrivilegedProgramGenerator(long seed) {
        random = new SplittableRandom(seed);
        spaces = new AddressSpaces(random);
        for (int[] instructions : new int[][]{ACCESSES, ATOMICS, FORBIDDEN_TO_USERS, {FETCH}}) {
            for (int instruction : instructions) {
                stubs.add(instruction);
            }
        }
    }

    private static int load(int funct3) {
        return Code.i(0x03, funct3, A0, A1, 0);
    }

    private static int store(int funct3) {
        return Code.s(0x23, funct3, A1, A0, 0);
    }

    /// Makes one program.
    ///
    /// @param pieces 1 to 5000
    static Program generate(long seed, int pieces) {
        return new PrivilegedProgramGenerator(seed).program(seed, pieces);
    }

    private Program program(long seed, int pieces) {
        prologue();
        List<Program.Piece> list = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            long address = code.address();
            String name = piece();
            code.addi(Emitter.TP, Emitter.TP, ENTRIES * 8);
            list.add(new Program.Piece(name, address, i * ENTRIES));
        }
        epilogue();
        int dumpBytes = (int) (Layout.LOG - Layout.STATE) + pieces * ENTRIES * 8;
        if (code.size() > Layout.FINISH - Layout.CODE) {
            throw new IllegalArgumentException("too many pieces: " + pieces);
        }
        return new Program(seed, code.toByteArray(), new byte[8], new byte[8], data(), list, dumpBytes);
    }

    private void prologue() {
        // The handler comes first, behind a jump over it.
        Code handler = new Code(Layout.CODE + 4);
        handler(handler);
        code.word(Code.jal(0, 4 + handler.size()));
        handler(code);
        code.la(TEMPORARY, Layout.CODE + 4);
        code.csr(1, 0, STVEC, TEMPORARY);
        code.csr(1, 0, SIE, 0);
        code.csr(1, 0, SATP, 0);
        code.li64(TEMPORARY, -1);
        code.csr(3, 0, SSTATUS, TEMPORARY);
        code.li(TEMPORARY, FS_INITIAL);
        code.csr(2, 0, SSTATUS, TEMPORARY);
        code.csr(1, 0, 0x003, 0);
        for (int i = 0; i < 32; i++) {
            code.word(Code.r(0x53, 0x79, 0, i, 0, 0));
            if (i != 0) {
                code.addi(i, 0, i);
            }
        }
        code.la(Emitter.TP, Layout.LOG);
    }

    /// Logs the trap and goes on in S-mode at x30.
    private static void handler(Code code) {
        dirtyFloats(code, HANDLER);
        int[] registers = {SCAUSE, STVAL, SEPC, SSTATUS};
        for (int i = 0; i < registers.length; i++) {
            code.csr(2, HANDLER, registers[i], 0);
            code.sd(HANDLER, Emitter.TP, 8 * i);
        }
        code.word(Code.i(0x73, 7, 0, 2, SIP));
        code.addi(HANDLER, 0, SPP);
        code.csr(2, 0, SSTATUS, HANDLER);
        code.csr(1, 0, SEPC, RESUME);
        code.word(SRET);
    }

    private void epilogue() {
        code.csr(1, 0, SATP, 0);
        code.word(SFENCE_VMA);
        code.la(Emitter.GP, Layout.STATE);
        for (int i = 0; i < 32; i++) {
            code.fsd(i, Emitter.GP, (32 + i) * 8);
            code.sd(i, Emitter.GP, i * 8);
        }
        code.la(Emitter.GP, Layout.FINISH);
        code.word(Code.i(0x67, 0, 0, Emitter.GP, 0));
    }

    /// The data area, the tables, and the pages that they map.
    private byte[] data() {
        ByteBuffer data = ByteBuffer.allocate((int) (Layout.LOG - Layout.DATA)).order(ByteOrder.LITTLE_ENDIAN);
        data.put((int) (Layout.TABLES - Layout.DATA), spaces.bytes());
        int pages = (int) (Layout.PAGES - Layout.DATA);
        for (int at = 0; at < AddressSpaces.FIRST_DATA_PAGE * Layout.PAGE_BYTES; at += 2) {
            // c.jr x30; across the border of two pages jalr x0, 0(x30), whose second half is a part of a fence elsewhere.
            int offset = at % Layout.PAGE_BYTES;
            int half = offset == 0 ? 0x000F : offset == Layout.PAGE_BYTES - 2 ? 0x0067 : 0x8F02;
            data.putShort(pages + at, (short) half);
        }
        for (int at = AddressSpaces.FIRST_DATA_PAGE * Layout.PAGE_BYTES; at < Layout.PAGES_BYTES; at += 8) {
            data.putLong(pages + at, EdgeValues.integer(random));
        }
        int stub = pages + AddressSpaces.STUB_PAGE * Layout.PAGE_BYTES;
        for (int instruction : stubs) {
            data.putInt(stub, instruction).putInt(stub + 4, ECALL);
            stub += STUB_BYTES;
        }
        return data.array();
    }

    private String piece() {
        return switch (random.nextInt(16)) {
            case 0 -> translation();
            case 1 -> random.nextBoolean() || space < 0 ? change() : changeOfOneAddress();
            case 2 -> status();
            case 3 -> reserved();
            case 4 -> interrupt();
            case 5 -> misalignedAtomic();
            case 6 -> register();
            case 7, 8, 9, 10 -> fromSupervisor();
            default -> fromUser();
        };
    }

    /// Another `satp`: a mode, none, or (without effect) one that does not exist.
    private String translation() {
        int choice = random.nextInt(10);
        long asid = (long) random.nextInt(1 << 16) << 44;
        long value;
        if (choice == 0) {
            space = -1;
            value = 0;
        } else if (choice == 1) {
            value = (long) pick(1, 2, 7, 11, 12, 15) << 60 | Layout.TABLES >>> 12;
        } else {
            space = random.nextInt(3);
            value = spaces.satp(space) | asid;
        }
        code.li64(TEMPORARY, value);
        code.csr(1, 0, SATP, TEMPORARY);
        code.word(SFENCE_VMA);
        code.csr(2, TEMPORARY, SATP, 0);
        code.sd(TEMPORARY, Emitter.TP, RESULT);
        return "satp";
    }

    /// Another entry for a window page, made known in one of three ways.
    private String change() {
        int which = space < 0 ? random.nextInt(3) : space;
        code.li64(TEMPORARY, spaces.entry(which, random.nextInt(AddressSpaces.WINDOW_PAGES)));
        code.li64(A0, spaces.leaf());
        code.sd(A0, TEMPORARY, 0);
        if (random.nextBoolean()) {
            code.word(SFENCE_VMA);
        } else {
            code.word(0x1800_0073);
            code.word(0x1600_0073);
            code.word(0x1810_0073);
        }
        return "change of an entry";
    }

    /// Another entry for a page that has just been used, made known by a fence for one of its addresses only.
    private String changeOfOneAddress() {
        int instruction = access();
        int page = random.nextInt(AddressSpaces.WINDOW_PAGES);
        int large = random.nextInt(1, AddressSpaces.SUPERPAGES - 2);
        boolean isLarge = random.nextBoolean();
        long first = AddressSpaces.WINDOW + (isLarge ? large * 0x20_0000L : page * 4096L);
        long fenced = first + random.nextInt(isLarge ? 0x20_0000 : 4096);
        long used = first + (isLarge ? page(instruction) - Layout.BASE : 0) + 8 * random.nextInt(500);
        code.li64(A1, used);
        attempt(instruction);
        code.li64(TEMPORARY, isLarge ? spaces.superpageEntry(space, large) : spaces.entry(space, page));
        code.li64(A0, isLarge ? spaces.superpage() : spaces.leaf());
        code.sd(A0, TEMPORARY, 0);
        code.li64(TEMPORARY, fenced);
        code.word(SFENCE_VMA | TEMPORARY << 15);
        attempt(instruction);
        // The page may be mapped elsewhere, too.
        code.word(SFENCE_VMA);
        return "change of one address";
    }

    /// The field FS may say dirty when nothing has changed (Privileged Architecture, "Extension Context Status in mstatus Register"), and
    /// machines do it after different instructions: before it is logged, it is made the same.
    private static void dirtyFloats(Code code, int register) {
        code.li(register, FS_DIRTY);
        code.csr(2, 0, SSTATUS, register);
    }

    private String status() {
        dirtyFloats(code, TEMPORARY);
        code.li(TEMPORARY, SUM | MXR);
        code.csr(3, 0, SSTATUS, TEMPORARY);
        code.li(TEMPORARY, pick(0, SUM, MXR, SUM | MXR) | random.nextInt(2) << 1);
        code.csr(2, A0, SSTATUS, TEMPORARY);
        code.sd(A0, Emitter.TP, RESULT);
        return "sum/mxr";
    }

    /// Runs one instruction that may trap, and logs x10 and f10.
    private void attempt(int instruction) {
        code.word(0x17 | RESUME << 7);
        code.addi(RESUME, RESUME, 12);
        code.word(instruction);
        code.sd(A0, Emitter.TP, RESULT);
        code.fsd(A0, Emitter.TP, RESULT + 8);
    }

    private String fromSupervisor() {
        int instruction = access();
        attempt(instruction);
        return "S-mode access %08x".formatted(instruction);
    }

    private String fromUser() {
        int instruction = random.nextInt(8) == 0 ? pick(FORBIDDEN_TO_USERS) : access();
        if (stubs.indexOf(instruction) < 0) {
            throw new IllegalStateException("no stub");
        }
        code.li64(TEMPORARY, AddressSpaces.STUBS + (long) STUB_BYTES * stubs.indexOf(instruction));
        code.csr(1, 0, SEPC, TEMPORARY);
        code.addi(TEMPORARY, 0, SPP);
        code.csr(3, 0, SSTATUS, TEMPORARY);
        if (space < 0) {
            // Without translation there is nothing at the address of the stubs.
            return "no translation";
        }
        attempt(SRET);
        return "U-mode access %08x".formatted(instruction);
    }

    /// Chooses an access and loads its operands.
    private int access() {
        int kind = random.nextInt(6);
        int instruction = kind == 0 ? pick(ATOMICS) : kind == 1 ? FETCH : pick(ACCESSES);
        int alignment = kind == 0 ? 8 : kind == 1 ? 2 : 1;
        code.li64(A0, EdgeValues.integer(random));
        code.li64(A1, address(instruction) & -alignment);
        if (instruction == FETCH) {
            // After a load that SUM allowed, QEMU 7.2 would also fetch from the user's page.
            code.word(SFENCE_VMA);
        }
        return instruction;
    }

    private long address(int instruction) {
        if (space < 0) {
            return page(instruction) + random.nextInt(4088);
        }
        int offset = random.nextInt(3) == 0 ? 4096 - random.nextInt(1, 9) : random.nextInt(4096);
        long upper = space > 0 && random.nextInt(3) == 0 ? AddressSpaces.UPPER : 0;
        long inRam = page(instruction) - Layout.BASE + offset;
        return switch (random.nextInt(12)) {
            case 0 -> random.nextLong();
            case 1 -> upper + AddressSpaces.GIGABYTE + Layout.BASE - 0x8000_0000L + inRam;
            case 2, 3 -> upper + AddressSpaces.WINDOW + (random.nextInt(1, AddressSpaces.SUPERPAGES - 2) * 0x20_0000L) + inRam;
            case 4 -> upper + AddressSpaces.WINDOW + (AddressSpaces.SUPERPAGES - 1L - random.nextInt(2)) * 0x20_0000 + window(offset);
            case 5 -> AddressSpaces.UPPER << random.nextInt(20) | AddressSpaces.WINDOW + window(offset);
            default -> upper + AddressSpaces.WINDOW + window(offset);
        };
    }

    private long window(int offset) {
        return random.nextInt(AddressSpaces.WINDOW_PAGES) * 4096L + offset;
    }

    /// The physical address of a page that the instruction can't harm, nor be harmed by.
    private long page(int instruction) {
        int number = instruction == FETCH
                ? random.nextInt(AddressSpaces.CODE_PAGES)
                : AddressSpaces.FIRST_DATA_PAGE + random.nextInt(AddressSpaces.DATA_PAGES);
        return Layout.PAGES + number * 4096L;
    }

    private String misalignedAtomic() {
        int instruction = pick(ATOMICS);
        code.li64(A1, Layout.DATA + random.nextInt(1, 4) + random.nextInt(100) * 8L);
        attempt(instruction);
        return "misaligned atomic %08x".formatted(instruction);
    }

    /// A software interrupt, enabled or not, taken in S-mode or on the way to U-mode.
    private String interrupt() {
        code.word(Code.i(0x73, 5, 0, random.nextInt(3) == 0 ? 0 : 2, SIE));
        if (random.nextBoolean() || space < 0) {
            attempt(Code.i(0x73, 6, 0, 2, SIP));
        } else {
            code.li64(TEMPORARY, AddressSpaces.STUBS + (long) STUB_BYTES * stubs.indexOf(load(0)));
            code.csr(1, 0, SEPC, TEMPORARY);
            code.addi(TEMPORARY, 0, SPP | 2);
            code.csr(3, 0, SSTATUS, TEMPORARY);
            code.setBits(SIP, 2);
            attempt(SRET);
        }
        code.csr(2, TEMPORARY, SIP, 0);
        code.sd(TEMPORARY, Emitter.TP, RESULT + 16);
        code.word(Code.i(0x73, 7, 0, 2, SIP));
        code.csr(1, 0, SIE, 0);
        return "software interrupt";
    }

    /// Writes a control register and reads it back.
    private String register() {
        int csr = pick(SSCRATCH, SEPC, STVAL, SSTATUS);
        long value = random.nextLong();
        if (csr == SSTATUS) {
            // FS stays on, interrupts as they are; UXL and VS (without V), which QEMU lets change, too.
            value = value & ~(2L | VS | UXL) | FS_INITIAL | UXL_64;
        } else if (csr == SEPC) {
            // QEMU before 8.1 keeps the lowest bit.
            value &= -2;
        }
        code.li64(TEMPORARY, value);
        code.csr(1, 0, csr, TEMPORARY);
        code.csr(2, A0, csr, 0);
        code.sd(A0, Emitter.TP, RESULT);
        return "csr %x".formatted(csr);
    }

    /// An instruction whose fields are random, in a part of the map where nothing can run away or write to memory.
    private String reserved() {
        int instruction = ReservedEncodings.next(random);
        code.li64(A0, EdgeValues.integer(random));
        code.li64(A1, Layout.DATA + 8 * random.nextInt(100));
        if (ReservedEncodings.isCompressed(instruction)) {
            code.word(0x17 | RESUME << 7);
            code.addi(RESUME, RESUME, 10);
            code.half(instruction);
            code.sd(A0, Emitter.TP, RESULT);
            code.fsd(A0, Emitter.TP, RESULT + 8);
            // Whatever it was, what follows is aligned to words again.
            code.half(1);
        } else {
            attempt(instruction);
        }
        return "encoding %08x".formatted(instruction);
    }

    private int pick(int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
