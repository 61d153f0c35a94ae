package testudo.spi.jail;

import java.nio.file.Path;
import java.util.Optional;

/// What the user said about jails: crosvm's `--pivot-root`, `--seccomp-policy-dir` and `--seccomp-log-failures`.
/// @param root an existing folder over which the jail's root is built; without one, any folder that exists will do: nothing is written to it
/// @param policyDirectory where `NAME.policy` files replace those of the image
/// @param failures what a forbidden system call does
public record JailOptions(Optional<Path> root, Optional<Path> policyDirectory, FailureAction failures) {
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
