package testudo.spi.jail;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import testudo.spi.Availability;
import testudo.spi.VmmException;

/// Which kind of jail is used: the one that the user named, or the best that is ready. Never none.
public final class JailChoice {
    private JailChoice() {}

    /// Those that may be used. Without looking whether they can be.
    /// @param providers those that are installed
    /// @param wanted the identity that the user named
    /// @return at least one, the best first
    /// @throws VmmException.Config when there is none
    public static List<JailProvider> candidates(List<JailProvider> providers, Optional<String> wanted) {
        List<JailProvider> candidates = providers.stream()
                .filter(provider -> wanted.isEmpty() || wanted.get().equals(provider.id()))
                .sorted(Comparator.comparingInt(JailProvider::rank).reversed())
                .toList();
        if (candidates.isEmpty()) {
            List<String> installed = providers.stream().map(JailProvider::id).sorted().toList();
            throw new VmmException.Config("no jail of kind '" + wanted.orElse("any") + "'; installed: " + installed
                    + "; --disable-sandbox runs devices without jails");
        }
        return candidates;
    }

    /// Chooses. Builds a jail to see whether it can be done.
    /// @param candidates at least one
    /// @return the first that is ready
    /// @throws VmmException.Config when none is: what each one lacks and what to do about it
    public static JailProvider ready(List<JailProvider> candidates) {
        List<String> problems = new ArrayList<>();
        for (JailProvider candidate : candidates) {
            if (!(candidate.probe() instanceof Availability.Missing missing)) {
                return candidate;
            }
            problems.add("jail of kind " + candidate.id() + ": " + missing.what() + "; " + missing.fix());
        }
        throw new VmmException.Config(problems);
    }
}
