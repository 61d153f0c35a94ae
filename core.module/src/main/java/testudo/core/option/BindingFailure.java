package testudo.core.option;

import java.util.List;

/// Problems in one option; they become lines of [testudo.spi.VmmException.Config]. Never leaves this package.
final class BindingFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> problems;

    /// Makes it for one problem.
    /// @param problem what is wrong and where, without the option's name
    BindingFailure(String problem) {
        this(List.of(problem));
    }

    /// Makes it for several problems.
    /// @param problems at least one
    BindingFailure(List<String> problems) {
        super(String.join("\n", problems), null, false, false);
        this.problems = List.copyOf(problems);
    }

    /// What is wrong.
    List<String> problems() {
        return problems;
    }
}
