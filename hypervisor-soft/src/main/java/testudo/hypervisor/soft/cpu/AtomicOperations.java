package testudo.hypervisor.soft.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;

/// Atomic memory operations, as atomic operations on guest RAM; all of them are sequentially consistent.
///
/// Source: RISC-V Unprivileged ISA, "A Extension for Atomic Instructions". `sc` succeeds when memory holds what `lr` has loaded.
public final class AtomicOperations {
    private static final int ADD = 0x00;
    private static final int SWAP = 0x01;
    private static final int LOAD_RESERVED = 0x02;
    private static final int STORE_CONDITIONAL = 0x03;
    private static final int XOR = 0x04;
    private static final int OR = 0x08;
    private static final int AND = 0x0C;
    private static final int MIN = 0x10;
    private static final int MAX = 0x14;
    private static final int MIN_UNSIGNED = 0x18;
    private static final int MAX_UNSIGNED = 0x1C;
    private static final int WORD = 2;
    private static final int DOUBLE = 3;

    private AtomicOperations() {}

    /// Executes an AMO instruction. Entry 0 of the registers may be written: the caller clears it.
    /// @param hart the hart
    /// @param insn the instruction
    /// @throws GuestTrap when it is illegal or memory can't be accessed; then nothing has changed
    public static void execute(Hart hart, int insn) {
        int width = insn >>> 12 & 7;
        int operation = insn >>> 27;
        boolean known = (operation & 3) == 0
                || (operation < XOR && (operation != LOAD_RESERVED || (insn >>> 20 & 31) == 0));
        if (!known || (width != WORD && width != DOUBLE)) {
            throw hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
        }
        int sizeBytes = 1 << width;
        long address = hart.x[insn >>> 15 & 31];
        long operand = hart.x[insn >>> 20 & 31];
        hart.x[insn >>> 7 & 31] = switch (operation) {
            case LOAD_RESERVED -> loadReserved(hart, address, sizeBytes);
            case STORE_CONDITIONAL -> storeConditional(hart, address, sizeBytes, operand);
            default -> {
                long offset = hart.mmu.atomicOffset(address, sizeBytes);
                yield width == WORD
                        ? word(hart.mmu.ram, offset, operation, (int) operand)
                        : doubleWord(hart.mmu.ram, offset, operation, operand);
            }
        };
    }

    private static long loadReserved(Hart hart, long address, int sizeBytes) {
        long offset = hart.mmu.reservedOffset(address, sizeBytes);
        long value = sizeBytes == 4
                ? (int) Mmu.INT.getVolatile(hart.mmu.ram, offset)
                : (long) Mmu.LONG.getVolatile(hart.mmu.ram, offset);
        hart.reservedOffset = offset;
        hart.reservedBytes = sizeBytes;
        hart.reservedValue = value;
        return value;
    }

    private static long storeConditional(Hart hart, long address, int sizeBytes, long value) {
        long offset = hart.mmu.atomicOffset(address, sizeBytes);
        boolean reserved = hart.reservedOffset == offset && hart.reservedBytes == sizeBytes;
        hart.reservedOffset = -1;
        if (!reserved) {
            return 1;
        }
        boolean stored = sizeBytes == 4
                ? Mmu.INT.compareAndSet(hart.mmu.ram, offset, (int) hart.reservedValue, (int) value)
                : Mmu.LONG.compareAndSet(hart.mmu.ram, offset, hart.reservedValue, value);
        return stored ? 0 : 1;
    }

    private static int word(MemorySegment ram, long offset, int operation, int operand) {
        VarHandle at = Mmu.INT;
        return switch (operation) {
            case ADD -> (int) at.getAndAdd(ram, offset, operand);
            case SWAP -> (int) at.getAndSet(ram, offset, operand);
            case XOR -> (int) at.getAndBitwiseXor(ram, offset, operand);
            case OR -> (int) at.getAndBitwiseOr(ram, offset, operand);
            case AND -> (int) at.getAndBitwiseAnd(ram, offset, operand);
            default -> {
                int old = (int) at.getVolatile(ram, offset);
                while (!at.compareAndSet(ram, offset, old, chosen(operation, old, operand))) {
                    old = (int) at.getVolatile(ram, offset);
                }
                yield old;
            }
        };
    }

    private static int chosen(int operation, int old, int operand) {
        return switch (operation) {
            case MIN -> Math.min(old, operand);
            case MAX -> Math.max(old, operand);
            case MIN_UNSIGNED -> Integer.compareUnsigned(old, operand) < 0 ? old : operand;
            default -> Integer.compareUnsigned(old, operand) > 0 ? old : operand;
        };
    }

    private static long doubleWord(MemorySegment ram, long offset, int operation, long operand) {
        VarHandle at = Mmu.LONG;
        return switch (operation) {
            case ADD -> (long) at.getAndAdd(ram, offset, operand);
            case SWAP -> (long) at.getAndSet(ram, offset, operand);
            case XOR -> (long) at.getAndBitwiseXor(ram, offset, operand);
            case OR -> (long) at.getAndBitwiseOr(ram, offset, operand);
            case AND -> (long) at.getAndBitwiseAnd(ram, offset, operand);
            default -> {
                long old = (long) at.getVolatile(ram, offset);
                while (!at.compareAndSet(ram, offset, old, chosen(operation, old, operand))) {
                    old = (long) at.getVolatile(ram, offset);
                }
                yield old;
            }
        };
    }

    private static long chosen(int operation, long old, long operand) {
        return switch (operation) {
            case MIN -> Math.min(old, operand);
            case MAX -> Math.max(old, operand);
            case MIN_UNSIGNED -> Long.compareUnsigned(old, operand) < 0 ? old : operand;
            case MAX_UNSIGNED -> Long.compareUnsigned(old, operand) > 0 ? old : operand;
            default -> throw new IllegalArgumentException("atomic operation " + operation);
        };
    }
}
