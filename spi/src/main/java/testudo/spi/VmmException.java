package testudo.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The root of what Testudo throws when a machine can't be made or can't go on and the fault is not a bug of ours.
///
/// Guest faults are never exceptions that leave a device; bugs are [IllegalStateException] or [AssertionError].
public abstract sealed class VmmException extends RuntimeException permits VmmException.Config, VmmException.Host {
    private static final long serialVersionUID = 1L;

    private VmmException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// What the user asked for can't be done as asked. Thrown before a machine exists, with every problem found.
    public static final class Config extends VmmException {
        private static final long serialVersionUID = 1L;
        private final transient List<String> problems;

        /// Makes an exception that reports all `problems`.
        /// @param problems one sentence each: what is wrong, with the value (where); how to fix it. At least one
        public Config(List<String> problems) {
            super(String.join("\n", problems), null);
            this.problems = List.copyOf(problems);
        }

        /// Makes an exception for a single problem.
        /// @param problem what is wrong, with the value (where); how to fix it
        public Config(String problem) {
            this(List.of(problem));
        }

        /// The problems, in the order they were found.
        /// @return at least one sentence
        public List<String> problems() {
            return problems;
        }
    }

    /// The host, its kernel or a peer refused or failed.
    public static final class Host extends VmmException {
        private static final long serialVersionUID = 1L;
        private final Kind kind;

        /// Makes an exception.
        /// @param kind what the caller can branch on
        /// @param message what failed, with values and the errno name (where); how to fix it
        public Host(Kind kind, String message) {
            this(kind, message, null);
        }

        /// Makes an exception with a cause.
        /// @param kind what the caller can branch on
        /// @param message what failed, with values and the errno name (where); how to fix it
        /// @param cause the underlying failure, or null
        public Host(Kind kind, String message, @Nullable Throwable cause) {
            super(message, cause);
            this.kind = kind;
        }

        /// What kind of failure this is.
        /// @return the kind
        public Kind kind() {
            return kind;
        }
    }

    /// The kinds of host failure that a caller may treat differently.
    public enum Kind {
        /// The host, its kernel or its hardware lacks the facility.
        UNSUPPORTED,
        /// A permission is missing.
        DENIED,
        /// A limit was reached: memory, descriptors, slots.
        EXHAUSTED,
        /// The named thing does not exist.
        MISSING,
        /// Any other input or output failure.
        IO
    }
}
