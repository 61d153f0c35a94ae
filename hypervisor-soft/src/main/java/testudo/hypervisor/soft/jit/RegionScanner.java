package testudo.hypervisor.soft.jit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import testudo.hypervisor.soft.cpu.Decoder;

/// Discovers the region around a hot instruction: both ways of each branch, jumps, the code behind calls, and then the callees, until
/// a bound or another region is met. One use, on the hart's thread: only the hart can say what its addresses mean.
final class RegionScanner {
    /// HotSpot compiles no method over 8000 bytes of bytecode; an instruction costs about 12, and each entry and edge some more.
    static final int MAX_INSTRUCTIONS = 200;
    /// So much a region may have of what others have too: a loop goes into the region of its function, a small function into those of its
    /// callers. Behind that it ends where another one can be entered.
    private static final int MAX_REPEATED = 48;
    /// Bytes of bytecode that a region is reckoned to cost at most.
    private static final int MAX_COST = 7000;
    private static final int INSTRUCTION_COST = 16;
    private static final int BLOCK_COST = 60;
    /// HotSpot's first compiler gives up where values of locals, which are different ones in each block, need more than 2000 stack slots.
    private static final int MAX_VALUES = 500;
    /// Farther from the base than this, code belongs to another region: offsets share an int with a count.
    private static final int REACH_BYTES = 1 << 22;
    /// Most instructions between two looks at the budget.
    static final int MAX_UNCHECKED = 64;

    private record Fetched(int instruction, int lengthBytes, Operation.Kind kind) {}

    private final CodeSource.Builder source;
    /// What the region was made of when it was discovered before.
    private final @Nullable CodeSource before;
    private final Map<Integer, Fetched> fetched = new HashMap<>();
    private final TreeSet<Integer> leaders = new TreeSet<>();
    private final Set<Integer> entries = new HashSet<>();
    private final Set<Integer> returnPoints = new HashSet<>();
    /// Where the interpreter must go on: an instruction that is not translated, or cannot be read.
    private final Set<Integer> left = new HashSet<>();
    private final ArrayDeque<Integer> near = new ArrayDeque<>();
    private final ArrayDeque<Integer> callees = new ArrayDeque<>();

    /// The registers that instructions name, or seem to.
    private int registers;

    private RegionScanner(CodeView code, long base, @Nullable CodeSource before) {
        this.source = new CodeSource.Builder(code, base);
        this.before = before;
    }

    /// Discovers a region.
    ///
    /// @param pc where it is entered
    /// @return `null` when the first instruction cannot be translated
    static @Nullable Region scan(CodeView code, long pc) {
        return scan(code, pc, null);
    }

    /// Discovers a region once more.
    ///
    /// @param pc where it is entered
    /// @param before what it was made of
    /// @return `null` when it would not be the same
    static @Nullable Region again(CodeView code, long pc, CodeSource before) {
        Region region = scan(code, pc, before);
        return region != null && region.source().isSame(before) ? region : null;
    }

    private static @Nullable Region scan(CodeView code, long pc, @Nullable CodeSource before) {
        long base = pc & -CodeSource.PAGE_BYTES;
        return new RegionScanner(code, base, before).scan((int) (pc - base));
    }

    private @Nullable Region scan(int first) {
        near.add(first);
        entries.add(first);
        while (fits()) {
            Integer offset = near.isEmpty() ? callees.poll() : near.poll();
            if (offset == null) {
                break;
            }
            if (leaders.add(offset)) {
                follow(offset, first);
            }
        }
        if (!fetched.containsKey(first)) {
            return null;
        }
        return assemble(first);
    }

    private boolean fits() {
        return fetched.size() < MAX_INSTRUCTIONS
                && fetched.size() * INSTRUCTION_COST + leaders.size() * BLOCK_COST < MAX_COST
                && leaders.size() * Integer.bitCount(registers) < MAX_VALUES;
    }

    private Region assemble(int first) {
        NavigableMap<Integer, Block> blocks = new TreeMap<>();
        for (int leader : leaders) {
            if (fetched.containsKey(leader) || left.contains(leader)) {
                blocks.put(leader, build(leader));
            }
        }
        for (Block block : blocks.values()) {
            block.checked = block.count > 0 && block.offset != first && entries.contains(block.offset);
        }
        placeChecks(blocks);
        List<Block> returns = new ArrayList<>();
        for (Block block : blocks.values()) {
            block.entry = block.checked || block.offset == first;
            if (block.checked && returnPoints.contains(block.offset)) {
                returns.add(block);
            }
        }
        return new Region(blocks, first, List.copyOf(returns), source.build());
    }

    /// Marks the blocks where budget and attention are looked at, so that every cycle has one and no way without one is long.
    ///
    /// From the highest offset down, forward successors are known. Backward edges and returns always look.
    private static void placeChecks(NavigableMap<Integer, Block> blocks) {
        for (Block block : blocks.descendingMap().values()) {
            int behind = 0;
            switch (block.ending) {
                case FALL_THROUGH -> behind = unchecked(block, blocks.get(block.end));
                case BRANCH -> behind = Math.max(unchecked(block, blocks.get(block.end)),
                        unchecked(block, blocks.get(block.target)));
                case JUMP -> behind = unchecked(block, blocks.get(block.target));
                default -> {
                }
            }
            block.need = block.count + behind;
        }
    }

    private static int unchecked(Block from, @Nullable Block to) {
        if (to == null || to.count == 0) {
            return 0;
        }
        if (to.offset <= from.offset || from.count + to.need > MAX_UNCHECKED) {
            to.checked = true;
        }
        return to.checked ? 0 : to.need;
    }

    /// Reads on from `start` until control does not simply go on.
    private void follow(int start, int first) {
        int offset = start;
        int length = 0;
        while (fits()) {
            if (fetched.containsKey(offset)) {
                leaders.add(offset);
                return;
            }
            if (offset != first && fetched.size() >= MAX_REPEATED && source.isTranslated(offset, before)) {
                leaders.add(offset);
                return;
            }
            if (length++ == Block.MAX_INSTRUCTIONS) {
                leaders.add(offset);
                length = 1;
            }
            Fetched next = fetch(offset);
            if (next == null) {
                left.add(offset);
                return;
            }
            int behind = offset + next.lengthBytes;
            if (next.kind == Operation.Kind.LEAVE) {
                left.add(offset);
                if (Operation.returnsBehind(next.instruction)) {
                    entries.add(behind);
                    near.add(behind);
                }
                return;
            }
            fetched.put(offset, next);
            registers |= 1 << Fields.rd(next.instruction) | 1 << Fields.rs1(next.instruction) | 1 << Fields.rs2(next.instruction);
            switch (next.kind) {
                case BRANCH -> {
                    near.add(behind);
                    near.add(offset + Fields.immediateB(next.instruction));
                    return;
                }
                case JAL -> {
                    jump(next.instruction, behind, offset + Fields.immediateJ(next.instruction));
                    return;
                }
                case JALR -> {
                    jumpRegister(start, offset, next, behind);
                    return;
                }
                default -> {
                    if (Fields.opcode(next.instruction) == Operation.SYSTEM) {
                        // It may allow an interrupt, or forbid floating point: both are looked at where a block begins.
                        entries.add(behind);
                        near.add(behind);
                        return;
                    }
                    offset = behind;
                }
            }
        }
    }

    private void jump(int instruction, int behind, int target) {
        if (Fields.rd(instruction) == 0) {
            near.add(target);
        } else {
            returnsTo(behind);
            callees.add(target);
        }
    }

    private void jumpRegister(int start, int offset, Fetched jalr, int behind) {
        int target = pcRelativeTarget(offset, jalr.instruction, previous(start, offset));
        if (target != NO_TARGET) {
            jump(jalr.instruction, behind, target);
        } else if (Fields.rd(jalr.instruction) != 0) {
            returnsTo(behind);
        }
    }

    private void returnsTo(int behind) {
        near.add(behind);
        entries.add(behind);
        returnPoints.add(behind);
    }

    private int previous(int start, int offset) {
        int at = offset - 4;
        Fetched before = at >= start ? fetched.get(at) : null;
        return before != null && before.lengthBytes == 4 ? before.instruction : 0;
    }

    private static final int NO_TARGET = Integer.MIN_VALUE;

    /// The target of `auipc r; jalr rd, r` (the far call and the far jump of every compiler), or NO_TARGET.
    private static int pcRelativeTarget(int offset, int jalr, int before) {
        if (Fields.opcode(before) != Operation.AUIPC || Fields.rd(before) != Fields.rs1(jalr) || Fields.rd(before) == 0) {
            return NO_TARGET;
        }
        long target = offset - 4L + Fields.immediateU(before) + Fields.immediateI(jalr) & ~1L;
        return Math.abs(target) < REACH_BYTES ? (int) target : NO_TARGET;
    }

    private @Nullable Fetched fetch(int offset) {
        if (Math.abs(offset) >= REACH_BYTES) {
            return null;
        }
        int low = source.parcel(offset);
        if (low < 0) {
            return null;
        }
        int instruction;
        int length = 2;
        if ((low & 3) == 3) {
            int high = source.parcel(offset + 2);
            if (high < 0) {
                return null;
            }
            instruction = high << 16 | low;
            length = 4;
        } else {
            instruction = Decoder.expand(low);
        }
        return new Fetched(instruction, length, Operation.kind(instruction));
    }

    private Block build(int leader) {
        Block block = new Block(leader);
        int offset = leader;
        while (true) {
            Fetched next = fetched.get(offset);
            if (next == null) {
                block.ending = left.contains(offset) ? Block.Ending.LEAVE : Block.Ending.FALL_THROUGH;
                return block;
            }
            if (block.isFull() || (offset != leader && leaders.contains(offset))) {
                block.ending = Block.Ending.FALL_THROUGH;
                return block;
            }
            int before = previous(leader, offset);
            block.add(next.instruction, offset, next.lengthBytes);
            if (next.kind != Operation.Kind.PLAIN) {
                end(block, next, offset, before);
                return block;
            }
            offset = block.end;
        }
    }

    private static void end(Block block, Fetched last, int offset, int before) {
        switch (last.kind) {
            case BRANCH -> {
                block.ending = Block.Ending.BRANCH;
                block.target = offset + Fields.immediateB(last.instruction);
            }
            case JAL -> {
                block.ending = Block.Ending.JUMP;
                block.target = offset + Fields.immediateJ(last.instruction);
            }
            default -> {
                int target = pcRelativeTarget(offset, last.instruction, before);
                block.target = target;
                boolean returns = Fields.rd(last.instruction) == 0 && (Fields.rs1(last.instruction) & ~4) == 1;
                block.ending = target != NO_TARGET
                        ? Block.Ending.JUMP
                        : returns ? Block.Ending.RETURN : Block.Ending.INDIRECT;
            }
        }
    }
}
