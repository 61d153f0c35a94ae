package testudo.platform.linux.confine;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A policy of system calls, ready to compile.
/// @param otherwise what happens to a call that no rule matches
/// @param rules by name; the first branch that matches decides
public record Policy(int otherwise, SortedMap<String, List<Branch>> rules) {
    /// `SECCOMP_RET_KILL_PROCESS`.
    public static final int KILL = 0x8000_0000;
    /// `SECCOMP_RET_TRAP`.
    public static final int TRAP = 0x0003_0000;
    /// `SECCOMP_RET_ERRNO`; the low 16 bits are the error number.
    public static final int ERRNO = 0x0005_0000;
    /// `SECCOMP_RET_LOG`.
    public static final int LOG = 0x7FFC_0000;
    /// `SECCOMP_RET_ALLOW`.
    public static final int ALLOW = 0x7FFF_0000;

    /// The same, with everything that would kill logged instead.
    /// @return a policy that protects nothing
    public Policy logging() {
        SortedMap<String, List<Branch>> logged = new TreeMap<>();
        rules.forEach((name, branches) -> logged.put(
                name, branches.stream().map(branch -> new Branch(branch.conditions(), log(branch.action()))).toList()));
        return new Policy(log(otherwise), logged);
    }

    private static int log(int action) {
        return action == KILL || action == TRAP ? LOG : action;
    }

    /// One way in which a call matches.
    /// @param conditions all must hold; none means always
    /// @param action a `SECCOMP_RET_*` value
    public record Branch(List<Condition> conditions, int action) {
        /// Copies.
        public Branch {
            conditions = List.copyOf(conditions);
        }
    }

    /// A comparison of one argument, unsigned, 64 bits wide.
    /// @param argument 0 to 5
    /// @param operator how
    /// @param value with what
    public record Condition(int argument, Operator operator, long value) {}

    /// How an argument is compared.
    public enum Operator {
        /// Equal.
        EQ("=="),
        /// Different.
        NE("!="),
        /// Less.
        LT("<"),
        /// Less or equal.
        LE("<="),
        /// Greater.
        GT(">"),
        /// Greater or equal.
        GE(">="),
        /// At least one of these bits.
        ANY("&"),
        /// No bits but these.
        ONLY("in");

        private final String sign;

        Operator(String sign) {
            this.sign = sign;
        }

        /// How policies write it.
        /// @return a sign
        public String sign() {
            return sign;
        }
    }
}
