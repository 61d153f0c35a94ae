package testudo.platform.linux.confine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import testudo.platform.linux.confine.Policy.Branch;
import testudo.platform.linux.confine.Policy.Condition;
import testudo.platform.linux.confine.Policy.Operator;

/// Compiled filters against a plain reading of the policy, on each machine type.
class FilterCompilerPropertyTest {
    private static final List<String> NAMES = SystemCallTable.names().stream().sorted().toList();
    private static final int[] ACTIONS = {Policy.ALLOW, Policy.KILL, Policy.LOG, Policy.ERRNO | 1, Policy.ERRNO | 13, Policy.TRAP};
    private static final long[] VALUES = {0, 1, 2, 3, 0x7FFF_FFFFL, 0x8000_0000L, 0xFFFF_FFFFL, 0x1_0000_0000L, 0x1_0000_0001L, -1, -2,
            Long.MIN_VALUE};

    @Property
    void compiledFilterAnswersAsThePolicyReads(@ForAll long seed, @ForAll Machine machine) {
        Random random = new Random(seed);
        Policy policy = policy(random);
        long[] program = FilterCompiler.compile(policy, machine);
        for (int i = 0; i < 60; i++) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            if (i % 2 == 0 && !policy.rules().isEmpty()) {
                name = List.copyOf(policy.rules().keySet()).get(random.nextInt(policy.rules().size()));
            }
            long[] arguments = random.longs(6).map(value -> value(random)).toArray();
            if (SystemCallTable.number(name, machine).isPresent()) {
                assertEquals(
                        expected(policy, name, arguments),
                        BpfMachine.run(
                                program, SystemCallTable.number(name, machine).getAsInt(), machine.auditArchitecture(), arguments));
            }
        }
        assertEquals(policy.otherwise(), BpfMachine.run(program, 5000, machine.auditArchitecture(), new long[6]));
        assertEquals(Policy.KILL, BpfMachine.run(program, 0, machine.auditArchitecture() ^ 1, new long[6]));
    }

    @Property
    void callsOfTheX32InterfaceDie(@ForAll long seed) {
        long[] program = FilterCompiler.compile(policy(new Random(seed)), Machine.X86_64);
        int x32 = 0x4000_0000 | new Random(seed).nextInt(600);
        assertEquals(Policy.KILL, BpfMachine.run(program, x32, Machine.X86_64.auditArchitecture(), new long[6]));
    }

    private static Policy policy(Random random) {
        TreeMap<String, List<Branch>> rules = new TreeMap<>();
        int count = random.nextInt(80);
        for (int i = 0; i < count; i++) {
            List<Branch> branches = new ArrayList<>();
            int alternatives = 1 + random.nextInt(4);
            for (int j = 0; j < alternatives; j++) {
                List<Condition> conditions = new ArrayList<>();
                int comparisons = random.nextInt(4);
                for (int k = 0; k < comparisons; k++) {
                    Operator[] operators = Operator.values();
                    conditions.add(new Condition(
                            random.nextInt(6), operators[random.nextInt(operators.length)], value(random)));
                }
                branches.add(new Branch(conditions, ACTIONS[random.nextInt(ACTIONS.length)]));
            }
            rules.put(NAMES.get(random.nextInt(NAMES.size())), branches);
        }
        return new Policy(ACTIONS[random.nextInt(ACTIONS.length)], rules);
    }

    private static long value(Random random) {
        return random.nextInt(3) == 0 ? random.nextLong() : VALUES[random.nextInt(VALUES.length)];
    }

    private static int expected(Policy policy, String name, long[] arguments) {
        return policy.rules()
                .getOrDefault(name, List.of())
                .stream()
                .filter(branch -> branch.conditions().stream().allMatch(condition -> holds(condition, arguments)))
                .findFirst()
                .map(Branch::action)
                .orElse(policy.otherwise());
    }

    private static boolean holds(Condition condition, long[] arguments) {
        long argument = arguments[condition.argument()];
        long value = condition.value();
        int order = Long.compareUnsigned(argument, value);
        return switch (condition.operator()) {
            case EQ -> order == 0;
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            case GE -> order >= 0;
            case ANY -> (argument & value) != 0;
            case ONLY -> (argument & ~value) == 0;
        };
    }
}
