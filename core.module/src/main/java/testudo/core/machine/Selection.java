package testudo.core.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// Chooses the hypervisor and the guest architecture.
final class Selection {
    private static final Logger LOG = LoggerFactory.getLogger(Selection.class);

    private Selection() {}

    /// An open hypervisor and the options as it sees them.
    /// @param hypervisor the hypervisor; the caller closes it
    /// @param configuration with the keys of `--hypervisor ID[key=value]` as options `ID-key`
    record Chosen(Hypervisor hypervisor, Configuration configuration) {}

    /// Opens the hypervisor that the user names, otherwise the first by rank that can be used here and runs the kernel's architecture.
    /// @throws VmmException.Host saying why each of them can't be used
    static Chosen hypervisor(Providers providers, Configuration configuration, HostPlatform host) {
        List<HypervisorProvider> installed = providers.hypervisors();
        Optional<String> wanted = configuration.value(MachineOptions.HYPERVISOR);
        Optional<Kernel> kernel = wanted.isPresent() ? Optional.empty() : kernel(providers.architectures(), configuration);
        List<String> reasons = new ArrayList<>();
        List<HypervisorProvider> byRank = installed.stream()
                .sorted(Comparator.comparingInt(HypervisorProvider::rank).reversed())
                .toList();
        for (HypervisorProvider provider : byRank) {
            if (wanted.isPresent() && !idOf(wanted.get()).equals(provider.id())) {
                continue;
            }
            Configuration own = wanted.map(text -> withKeys(text, provider, configuration)).orElse(configuration);
            if (provider.probe(own) instanceof Availability.Missing missing) {
                reasons.add("%s: %s; %s".formatted(provider.id(), missing.what(), missing.fix()));
                continue;
            }
            Hypervisor hypervisor = provider.open(own, host);
            Set<String> runs = hypervisor.profile().architectures();
            if (kernel.isEmpty() || runs.contains(kernel.get().architecture())) {
                if (!reasons.isEmpty()) {
                    LOG.info("using hypervisor {} ({})", provider.id(), String.join("; ", reasons));
                }
                return new Chosen(hypervisor, own);
            }
            hypervisor.close();
            reasons.add("%s: runs %s guests only".formatted(provider.id(), String.join(", ", runs)));
        }
        if (wanted.isPresent() && reasons.isEmpty()) {
            throw new VmmException.Config("hypervisor '%s' is not installed; there are: %s"
                    .formatted(idOf(wanted.get()), String.join(", ", installed.stream().map(HypervisorProvider::id).sorted().toList())));
        }
        throw new VmmException.Host(
                VmmException.Kind.UNSUPPORTED,
                "no hypervisor can be used here%s: %s".formatted(
                        kernel.map(found -> " for kernel %s, which needs one for %s guests".formatted(found.path(), found.architecture()))
                                .orElse(""),
                        reasons.isEmpty() ? "none is installed" : String.join("; ", reasons)));
    }

    /// A kernel of a known architecture.
    private record Kernel(Path path, String architecture) {}

    private static Optional<Kernel> kernel(List<ArchitectureProvider> installed, Configuration configuration) {
        Optional<Path> path = configuration.value(MachineOptions.KERNEL);
        if (path.isEmpty()) {
            return Optional.empty();
        }
        try (KernelImage image = KernelImage.open(path.get(), "kernel")) {
            return installed.stream()
                    .filter(architecture -> architecture.recognises(image).isPresent())
                    .findFirst()
                    .map(architecture -> new Kernel(path.get(), architecture.id()));
        }
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
        if (!text.endsWith("]")) {
            throw new VmmException.Config(
                    "--hypervisor '%s' is not understood; write it as ID, ID[key] or ID[key=value,…]".formatted(text));
        }
        Map<String, Occurrence<?>> given = new HashMap<>();
        for (String key : text.substring(bracket + 1, text.length() - 1).split(",", -1)) {
            int equals = key.indexOf('=');
            String name = equals < 0 ? key : key.substring(0, equals);
            OptionDeclaration<?> option = provider.options().stream()
                    .filter(candidate -> candidate.name().equals(provider.id() + "-" + name))
                    .findFirst()
                    .orElseThrow(() -> new VmmException.Config(
                            "--hypervisor '%s': %s has no key '%s'".formatted(text, provider.id(), name)));
            given.put(option.name(), bound(option, equals < 0 ? "true" : key.substring(equals + 1), text));
        }
        return new Configuration() {
            @Override
            @SuppressWarnings("unchecked") // an occurrence of an option has the option's type
            public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
                Occurrence<?> own = given.get(option.name());
                return own == null ? base.all(option) : List.of((Occurrence<T>) own);
            }
        };
    }

    private static <T> Occurrence<T> bound(OptionDeclaration<T> option, String value, String text) {
        Object bound = switch (option.type().getSimpleName()) {
            case "Path" -> Path.of(value);
            case "String" -> value;
            case "Boolean" -> switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new VmmException.Config("--hypervisor '%s': '%s' is neither true nor false".formatted(text, value));
            };
            case "Long" -> number(value, text);
            default -> throw new IllegalStateException("%s: no such type in brackets: %s".formatted(option.name(), option.type()));
        };
        return new Occurrence<>(option, option.type().cast(bound), 0, "--hypervisor");
    }

    private static long number(String value, String text) {
        try {
            return Long.decode(value);
        } catch (NumberFormatException e) {
            throw new VmmException.Config("--hypervisor '%s': '%s' is not a number".formatted(text, value));
        }
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
                    throw new VmmException.Config(
                            "kernel %s is for %s, but hypervisor %s runs only %s here; without --hypervisor the best for the kernel is chosen"
                                    .formatted(kernel.get().path(), arch.id(), profile.id(), String.join(", ", profile.architectures())));
                }
                return arch;
            }
        }
        return runnable.getFirst(); // its plan() says what is wrong with the file
    }
}
