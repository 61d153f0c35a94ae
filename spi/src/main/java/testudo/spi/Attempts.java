package testudo.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Steps of a plan that may be refused: each is tried, then all problems are reported together. For one thread.
public final class Attempts {
    private final List<String> problems = new ArrayList<>();

    /// Makes it, without problems.
    public Attempts() {}

    /// Tries a step that gives something.
    /// @param step the step; a [VmmException.Config] of it is kept, everything else passes through
    /// @param <T> what it gives
    /// @return what it gave, empty when it was refused
    public <T> Optional<T> make(Supplier<T> step) {
        try {
            return Optional.of(step.get());
        } catch (VmmException.Config refused) {
            problems.addAll(refused.problems());
            return Optional.empty();
        }
    }

    /// Tries a step that gives nothing.
    /// @param step as in [#make]
    public void check(Runnable step) {
        make(() -> {
            step.run();
            return true;
        });
    }

    /// Adds a problem.
    /// @param problem what is wrong, with the value (where); how to fix it
    public void refuse(String problem) {
        problems.add(problem);
    }

    /// Ends the attempts. Nothing happens unless there was a problem.
    /// @throws VmmException.Config with every problem, in the order of the steps
    public void finish() {
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
    }
}
