package testudo.spi.jail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// What the user said about jails: crosvm's `--pivot-root`, `--seccomp-policy-dir` and `--seccomp-log-failures`.
/// @param root an existing folder over which the jail's root is built; without one, any folder that exists will do: nothing is written to it
/// @param policyDirectory where `NAME.policy` files replace those of the image
/// @param failures what a forbidden system call does
public record JailOptions(Optional<Path> root, Optional<Path> policyDirectory, FailureAction failures) {
    private static final String GROUP = "Security";

    /// crosvm's `--pivot-root`.
    public static final OptionDeclaration<Path> PIVOT_ROOT = OptionDeclaration.value(
            "pivot-root", Path.class, "DIR", GROUP, "folder over which the roots of jails are built; none is needed");
    /// crosvm's `--seccomp-policy-dir`.
    public static final OptionDeclaration<Path> SECCOMP_POLICY_DIR = OptionDeclaration.value(
            "seccomp-policy-dir", Path.class, "DIR", GROUP, "folder with NAME.policy files instead of the image's");
    /// crosvm's `--seccomp-log-failures`.
    public static final OptionDeclaration<Boolean> SECCOMP_LOG_FAILURES = OptionDeclaration.flag(
            "seccomp-log-failures", GROUP, "log forbidden system calls and let them through: for writing policies");
    /// Which kind of jail.
    public static final OptionDeclaration<String> JAIL = OptionDeclaration.value(
            "jail-kind", String.class, "ID", GROUP, "kind of jail for devices; by default the best that is ready");

    /// All of them.
    /// @return declarations
    public static List<OptionDeclaration<?>> declarations() {
        return List.of(PIVOT_ROOT, SECCOMP_POLICY_DIR, SECCOMP_LOG_FAILURES, JAIL);
    }

    /// What a configuration says.
    /// @param configuration the user's options
    /// @return options
    /// @throws VmmException.Config for folders that do not exist
    public static JailOptions of(Configuration configuration) {
        Optional<Path> root = configuration.value(PIVOT_ROOT);
        Optional<Path> policies = configuration.value(SECCOMP_POLICY_DIR);
        List<String> problems = new ArrayList<>();
        root.filter(folder -> !folder.isAbsolute() || !Files.isDirectory(folder))
                .ifPresent(folder -> problems.add("--pivot-root " + folder + ": give the absolute path of an existing folder"));
        policies.filter(folder -> !Files.isDirectory(folder))
                .ifPresent(folder -> problems.add("--seccomp-policy-dir " + folder + ": there is no such folder"));
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        boolean log = configuration.value(SECCOMP_LOG_FAILURES).orElse(false);
        return new JailOptions(root, policies, log ? FailureAction.LOG : FailureAction.KILL);
    }

    /// No preference.
    /// @return options
    public static JailOptions standard() {
        return new JailOptions(Optional.empty(), Optional.empty(), FailureAction.KILL);
    }

    /// What happens when a process makes a system call that its policy forbids.
    public enum FailureAction {
        /// The process dies at once.
        KILL,
        /// The kernel logs it and lets it through: for writing policies, no protection.
        LOG
    }
}
