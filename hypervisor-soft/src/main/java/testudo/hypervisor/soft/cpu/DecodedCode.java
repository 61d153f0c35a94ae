package testudo.hypervisor.soft.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;

/// What one hart has decoded: lines of RAM, as they were when the hart first executed there or when it last found that they had changed.
///
/// A line is compared with RAM after each `fence.i`, when the hart comes to it again: until then, code may be stale, as the architecture has it
/// (RISC-V Unprivileged ISA, "Zifencei"). Direct-mapped by physical address. Only the hart's thread uses it.
final class DecodedCode {
    /// Bytes of a line.
    static final int LINE_BYTES = 1 << 10;
    /// Selects a line's address.
    static final long LINE = -LINE_BYTES;
    /// The line of code that is not in the main RAM: nothing in it stays decoded.
    static final long[] OUTSIDE = new long[LINE_BYTES / 2];

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Mmu mmu;
    /// Where in RAM a line is, or -1.
    private final long[] offsets;
    /// [Hart#fetchEpoch] when it was compared.
    private final int[] epochs;
    private final long[][] instructions;
    /// The bytes that [#instructions] are made of.
    private final MemorySegment[] sources;
    /// The slot of the line that was asked for last.
    private int current;

    /// @param mmu the hart's
    /// @param lines most lines, a power of two; a line that is used takes 5 KiB
    DecodedCode(Mmu mmu, int lines) {
        this.mmu = mmu;
        offsets = new long[lines];
        epochs = new int[lines];
        instructions = new long[lines][];
        sources = new MemorySegment[lines];
        Arrays.fill(offsets, -1);
    }

    /// The line that an instruction is in.
    /// @param pc its address
    /// @param epoch [Hart#fetchEpoch]
    /// @return for each 16 bits of the line the instruction that begins there, or 0 when it has to be [#decode]d first
    /// @throws GuestTrap when the guest may not execute there
    long[] line(long pc, int epoch) {
        if (!mmu.tlb.fetches(pc)) {
            mmu.fetch(pc);
            if (!mmu.tlb.fetches(pc)) {
                return OUTSIDE;
            }
        }
        long offset = pc + mmu.tlb.fetchDelta(pc) & LINE;
        int slot = (int) (offset / LINE_BYTES) & offsets.length - 1;
        if (offsets[slot] != offset || epochs[slot] != epoch) {
            refresh(slot, offset);
            epochs[slot] = epoch;
        }
        current = slot;
        return instructions[slot];
    }

    private void refresh(int slot, long offset) {
        if (instructions[slot] == null) {
            instructions[slot] = new long[LINE_BYTES / 2];
            sources[slot] = MemorySegment.ofArray(new byte[LINE_BYTES]);
        }
        boolean isSame = offsets[slot] == offset;
        if (!isSame || MemorySegment.mismatch(mmu.ram, offset, offset + LINE_BYTES, sources[slot], 0, LINE_BYTES) >= 0) {
            Arrays.fill(instructions[slot], 0);
            MemorySegment.copy(mmu.ram, offset, sources[slot], 0, LINE_BYTES);
            offsets[slot] = offset;
        }
    }

    /// Decodes an instruction.
    /// @param pc its address
    /// @param line what [#line] has just returned
    /// @return never 0
    /// @throws GuestTrap when the guest may not execute all of it
    @SuppressWarnings("ReferenceEquality") // the one line that is none
    long decode(long pc, long[] line) {
        int at = (int) (pc & ~LINE);
        if (line == OUTSIDE || at == LINE_BYTES - 2) {
            return DecodedInstruction.decode(mmu.fetch(pc));
        }
        long decoded = DecodedInstruction.decode(sources[current].get(INT, at));
        line[at >> 1] = decoded;
        return decoded;
    }

    /// The bits of an instruction that has just trapped.
    /// @param pc its address
    /// @return 16 or 32 bits, or 0 when another hart has taken its page away
    long bits(long pc) {
        try {
            int fetched = mmu.fetch(pc);
            return (fetched & 3) == 3 ? Integer.toUnsignedLong(fetched) : fetched & 0xFFFF;
        } catch (GuestTrap gone) {
            return 0;
        }
    }
}
