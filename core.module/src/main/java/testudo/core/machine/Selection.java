package testudo.core.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// Chooses the hypervisor and the guest architecture.
final class Selection {
    private Selection() {}

    /// A hypervisor and the options as it sees them.
    /// @param provider the hypervisor
    /// @param configuration with the keys of `--hypervisor ID[key=value]` as options `ID-key`
    record Chosen(HypervisorProvider provider, Configuration configuration) {}

    static Chosen hypervisor(List<HypervisorProvider> installed, Configuration configuration) {
        Optional<String> wanted = configuration.value(MachineOptions.HYPERVISOR);
        List<String> reasons = new ArrayList<>();
        List<HypervisorProvider> byRank = installed.stream()
                .sorted(Comparator.comparingInt(HypervisorProvider::rank).reversed())
                .toList();
        for (HypervisorProvider provider : byRank) {
            if (wanted.isPresent() && !idOf(wanted.get()).equals(provider.id())) {
                continue;
            }
            Configuration own = wanted.map(text -> withKeys(text, provider, configuration)).orElse(configuration);
            switch (provider.probe(own)) {
                case Availability.Ready ready -> {
                    return new Chosen(provider, own);
                }
                case Availability.Missing missing ->
                    reasons.add("%s: %s; %s".formatted(provider.id(), missing.what(), missing.fix()));
            }
        }
        if (wanted.isPresent() && reasons.isEmpty()) {
            throw new VmmException.Config("hypervisor '%s' is not installed; there are: %s"
                    .formatted(idOf(wanted.get()), installed.stream().map(HypervisorProvider::id).toList()));
        }
        throw new VmmException.Host(
                VmmException.Kind.UNSUPPORTED,
                "no hypervisor can be used here: " + (reasons.isEmpty() ? "none is installed" : String.join("; ", reasons)));
    }

    private static String idOf(String text) {
        int bracket = text.indexOf('[');
        return bracket < 0 ? text : text.substring(0, bracket);
    }

    private static Configuration withKeys(String text, HypervisorProvider provider, Configuration base) {
        int bracket = text.indexOf('[');
        if (bracket < 0) {
            return base;
        }
        String inside = text.substring(bracket + 1);
        int equals = inside.indexOf('=');
        if (equals < 0 || !inside.endsWith("]")) {
            throw new VmmException.Config(
                    "--hypervisor '%s' is not understood; write it as kvm or kvm[device=/dev/kvm]".formatted(text));
        }
        String name = provider.id() + "-" + inside.substring(0, equals);
        String value = inside.substring(equals + 1, inside.length() - 1);
        boolean known = provider.options().stream().anyMatch(option -> option.name().equals(name));
        if (!known) {
            throw new VmmException.Config("--hypervisor '%s': %s has no key '%s'"
                    .formatted(text, provider.id(), inside.substring(0, equals)));
        }
        return new Configuration() {
            @Override
            public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
                if (!option.name().equals(name)) {
                    return base.all(option);
                }
                Object bound = option.type() == Path.class ? Path.of(value) : value;
                return List.of(new Occurrence<>(option, option.type().cast(bound), 0, "--hypervisor"));
            }
        };
    }

    static ArchitectureProvider architecture(
            List<ArchitectureProvider> installed, Optional<KernelImage> kernel, HypervisorProfile profile) {
        List<ArchitectureProvider> runnable = installed.stream()
                .filter(arch -> profile.architectures().contains(arch.id()))
                .toList();
        if (runnable.isEmpty()) {
            throw new VmmException.Config("hypervisor %s runs %s, but only these architectures are installed: %s"
                    .formatted(
                            profile.id(),
                            profile.architectures(),
                            installed.stream().map(ArchitectureProvider::id).toList()));
        }
        if (kernel.isEmpty()) {
            return runnable.getFirst();
        }
        for (ArchitectureProvider arch : installed) {
            if (arch.recognises(kernel.get()).isPresent()) {
                if (!runnable.contains(arch)) {
                    throw new VmmException.Config("kernel %s is for %s, but hypervisor %s runs only %s here"
                            .formatted(kernel.get().path(), arch.id(), profile.id(), profile.architectures()));
                }
                return arch;
            }
        }
        return runnable.getFirst(); // its plan() says what is wrong with the file
    }
}
