package testudo.hypervisor.soft.jit;

/// A run of instructions that is entered at its first one only. Offsets are from the region's base, in bytes.
final class Block {
    /// Most instructions in one block: the count of those not retired must fit in a byte when one of them faults.
    static final int MAX_INSTRUCTIONS = 32;

    /// How a block ends.
    enum Ending {
        /// Goes on at the offset behind its last instruction.
        FALL_THROUGH,
        /// Last instruction is a conditional branch: to `target`, or behind it.
        BRANCH,
        /// Last instruction goes to `target`, and may link.
        JUMP,
        /// Last instruction is a `jalr` that looks like a return: to one of the region's return points, or out of it.
        RETURN,
        /// Last instruction is any other `jalr`.
        INDIRECT,
        /// The instruction behind the last one is left to the interpreter.
        LEAVE
    }

    final int offset;
    final int[] instructions = new int[MAX_INSTRUCTIONS];
    final int[] offsets = new int[MAX_INSTRUCTIONS];
    int count;
    /// Offset behind the last instruction.
    int end;
    Ending ending = Ending.LEAVE;
    int target;
    /// May be entered from outside of the region.
    boolean entry;
    /// Budget and attention are looked at on every way into this block, not only on backward ones.
    boolean checked;
    /// Instructions that may retire from the start of this block until the budget is looked at again.
    int need;

    Block(int offset) {
        this.offset = offset;
        this.end = offset;
    }

    void add(int instruction, int at, int lengthBytes) {
        instructions[count] = instruction;
        offsets[count++] = at;
        end = at + lengthBytes;
    }

    boolean isFull() {
        return count == MAX_INSTRUCTIONS;
    }

    int last() {
        return instructions[count - 1];
    }
}
