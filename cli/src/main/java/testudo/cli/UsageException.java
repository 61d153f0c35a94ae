package testudo.cli;

import java.util.List;

/// The arguments are wrong: exit status 35.
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> problems;

    /// Makes it.
    /// @param problems one sentence each, at least one
    UsageException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    List<String> problems() {
        return problems;
    }
}
