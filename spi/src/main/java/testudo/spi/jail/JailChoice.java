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

    /// Chooses.
    /// @param providers those that are installed
    /// @param wanted the identity that the user named
    /// @return a provider that is ready
    /// @throws VmmException.Config when there is none: what each one lacks and what to do about it
    public static JailProvider of(List<JailProvider> providers, Optional<String> wanted) {
        List<String> problems = new ArrayList<>();
        List<JailProvider> candidates = providers.stream()
                .filter(provider -> wanted.isEmpty() || wanted.get().equals(provider.id()))
                .sorted(Comparator.comparingInt(JailProvider::rank).reversed())
                .toList();
        for (JailProvider candidate : candidates) {
            if (!(candidate.probe() instanceof Availability.Missing missing)) {
                return candidate;
            }
            problems.add("jail of kind " + candidate.id() + ": " + missing.what() + "; " + missing.fix());
        }
        if (candidates.isEmpty()) {
            List<String> installed = providers.stream().map(JailProvider::id).sorted().toList();
            problems.add("no jail of kind '" + wanted.orElse("any") + "'; installed: " + installed
                    + "; --disable-sandbox runs devices without jails");
        }
        throw new VmmException.Config(problems);
    }
}
