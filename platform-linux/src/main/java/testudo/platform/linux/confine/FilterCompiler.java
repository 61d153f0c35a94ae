package testudo.platform.linux.confine;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import testudo.platform.linux.confine.Policy.Branch;
import testudo.platform.linux.confine.Policy.Condition;
import testudo.spi.VmmException;

/// Compiles a policy to the classic BPF of `seccomp(2)`, `SECCOMP_SET_MODE_FILTER`.
///
/// A program is a check of the machine type, a binary search for the call's number, and a block of comparisons for each call. A call of another
/// machine type (32-bit calls, x32) kills the process: its numbers mean other things. Source: `Documentation/userspace-api/seccomp_filter.rst`.
public final class FilterCompiler {
    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int JUMP = 0x05; // BPF_JMP | BPF_JA
    private static final int JUMP_EQ = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int JUMP_GT = 0x25; // BPF_JMP | BPF_JGT | BPF_K
    private static final int JUMP_GE = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    private static final int JUMP_ANY = 0x45; // BPF_JMP | BPF_JSET | BPF_K
    private static final int RETURN = 0x06; // BPF_RET | BPF_K
    private static final int NUMBER_OFFSET = 0; // struct seccomp_data: nr, arch, instruction_pointer, args[6]
    private static final int ARCHITECTURE_OFFSET = 4;
    private static final int ARGUMENTS_OFFSET = 16;
    private static final int X32_BIT = 0x4000_0000;
    private static final int MAX_INSTRUCTIONS = 4096; // BPF_MAXINSNS
    /// Where a comparison goes: to the next instruction, or out of the branch.
    private static final int NEXT = 0;
    private static final int OUT = -1;

    private final List<Long> code = new ArrayList<>();
    private final int otherwise;

    private FilterCompiler(int otherwise) {
        this.otherwise = otherwise;
    }

    /// Compiles.
    /// @param policy the policy
    /// @param machine for which machine; calls that it lacks are left out
    /// @return `struct sock_filter` values, as little-endian 64-bit numbers
    /// @throws VmmException.Config when the program would be longer than the kernel takes
    public static long[] compile(Policy policy, Machine machine) {
        SortedMap<Integer, List<Branch>> byNumber = new TreeMap<>();
        policy.rules().forEach((name, branches) -> {
            OptionalInt number = SystemCallTable.number(name, machine);
            if (number.isPresent()) {
                byNumber.put(number.getAsInt(), branches);
            }
        });
        FilterCompiler compiler = new FilterCompiler(policy.otherwise());
        compiler.emit(LOAD, 0, 0, ARCHITECTURE_OFFSET);
        compiler.emit(JUMP_EQ, 1, 0, machine.auditArchitecture());
        compiler.emit(RETURN, 0, 0, Policy.KILL);
        compiler.emit(LOAD, 0, 0, NUMBER_OFFSET);
        if (machine == Machine.X86_64) {
            compiler.emit(JUMP_GE, 0, 1, X32_BIT);
            compiler.emit(RETURN, 0, 0, Policy.KILL);
        }
        compiler.search(List.copyOf(byNumber.keySet()), byNumber);
        if (compiler.code.size() > MAX_INSTRUCTIONS) {
            throw new VmmException.Config("the system call policy compiles to %d instructions, the kernel takes %d; use fewer comparisons"
                    .formatted(compiler.code.size(), MAX_INSTRUCTIONS));
        }
        return compiler.code.stream().mapToLong(Long::longValue).toArray();
    }

    private void search(List<Integer> numbers, SortedMap<Integer, List<Branch>> rules) {
        if (numbers.isEmpty()) {
            emit(RETURN, 0, 0, otherwise);
        } else if (numbers.size() == 1) {
            emit(JUMP_EQ, 1, 0, numbers.get(0));
            emit(RETURN, 0, 0, otherwise);
            block(rules.getOrDefault(numbers.get(0), List.of()));
        } else {
            int middle = numbers.size() / 2;
            emit(JUMP_GE, 0, 1, numbers.get(middle));
            int jump = emit(JUMP, 0, 0, 0);
            search(numbers.subList(0, middle), rules);
            // A far jump: its distance has 32 bits, those of comparisons have 8.
            code.set(jump, instruction(JUMP, 0, 0, code.size() - jump - 1));
            search(numbers.subList(middle, numbers.size()), rules);
        }
    }

    private void block(List<Branch> branches) {
        for (Branch branch : branches) {
            int start = code.size();
            for (Condition condition : branch.conditions()) {
                compare(condition);
            }
            emit(RETURN, 0, 0, branch.action());
            leaveTo(start, code.size());
            if (branch.conditions().isEmpty()) {
                return;
            }
        }
        emit(RETURN, 0, 0, otherwise);
    }

    /// Compares a 64-bit argument by its two halves: falls through when the condition holds, leaves the branch otherwise.
    private void compare(Condition condition) {
        int low = (int) condition.value();
        int high = (int) (condition.value() >>> 32);
        switch (condition.operator()) {
            case EQ -> {
                half(condition, 1);
                emit(JUMP_EQ, NEXT, OUT, high);
                half(condition, 0);
                emit(JUMP_EQ, NEXT, OUT, low);
            }
            case NE -> {
                half(condition, 1);
                emit(JUMP_EQ, NEXT, 2, high);
                half(condition, 0);
                emit(JUMP_EQ, OUT, NEXT, low);
            }
            case ANY -> {
                half(condition, 1);
                emit(JUMP_ANY, 2, NEXT, high);
                half(condition, 0);
                emit(JUMP_ANY, NEXT, OUT, low);
            }
            case ONLY -> {
                half(condition, 1);
                emit(JUMP_ANY, OUT, NEXT, ~high);
                half(condition, 0);
                emit(JUMP_ANY, OUT, NEXT, ~low);
            }
            case GT -> order(condition, JUMP_GT, true);
            case GE -> order(condition, JUMP_GE, true);
            case LE -> order(condition, JUMP_GT, false);
            case LT -> order(condition, JUMP_GE, false);
        }
    }

    /// Greater (or equal) holds, or must not hold.
    private void order(Condition condition, int lowJump, boolean wanted) {
        int low = (int) condition.value();
        int high = (int) (condition.value() >>> 32);
        half(condition, 1);
        if (wanted) {
            emit(JUMP_GT, 3, NEXT, high);
            emit(JUMP_EQ, NEXT, OUT, high);
            half(condition, 0);
            emit(lowJump, NEXT, OUT, low);
        } else {
            emit(JUMP_GT, OUT, NEXT, high);
            emit(JUMP_EQ, NEXT, 2, high);
            half(condition, 0);
            emit(lowJump, OUT, NEXT, low);
        }
    }

    private void half(Condition condition, int half) {
        emit(LOAD, 0, 0, ARGUMENTS_OFFSET + condition.argument() * Long.BYTES + half * Integer.BYTES);
    }

    /// Sets the distance of every jump out of a branch.
    private void leaveTo(int start, int target) {
        for (int i = start; i < target; i++) {
            long instruction = code.get(i);
            int operation = (int) (instruction & 0xFFFF);
            int jumpTrue = (byte) (instruction >>> 16);
            int jumpFalse = (byte) (instruction >>> 24);
            if (jumpTrue == OUT || jumpFalse == OUT) {
                int distance = target - i - 1;
                if (distance > 127) {
                    throw new VmmException.Config("a system call filter has too many comparisons joined by &&; use at most 20");
                }
                code.set(i, instruction(
                        operation,
                        jumpTrue == OUT ? distance : jumpTrue,
                        jumpFalse == OUT ? distance : jumpFalse,
                        (int) (instruction >>> 32)));
            }
        }
    }

    private int emit(int operation, int jumpTrue, int jumpFalse, int value) {
        code.add(instruction(operation, jumpTrue, jumpFalse, value));
        return code.size() - 1;
    }

    /// `struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; }`. Source: `include/uapi/linux/filter.h`.
    private static long instruction(int operation, int jumpTrue, int jumpFalse, int value) {
        return operation | (jumpTrue & 0xFFL) << 16 | (jumpFalse & 0xFFL) << 24 | Integer.toUnsignedLong(value) << 32;
    }
}
