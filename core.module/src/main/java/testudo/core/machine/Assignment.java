package testudo.core.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.core.option.ConfigurationBuilder;
import testudo.core.option.JsonText;
import testudo.core.option.OptionPrinter;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.JailOptions.FailureAction;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.option.OptionDeclaration.Shape;

/// What a device process is told to be: a device of a provider, the options of that provider, facts about the machine.
/// @param provider the provider's id
/// @param device the device's name
/// @param options the provider's options as given, in order: name and text
/// @param facts about the machine
/// @param confinement what its last walls are made of: the strict filter of system calls; nothing when it is to have none
record Assignment(
        String provider, String device, List<List<String>> options, MachineFacts facts, Optional<JailOptions> confinement) {
    private static final long VERSION = 1;

    /// Collects what a provider's devices are made from.
    static Assignment of(
            DeviceProvider provider, String device, Configuration configuration, MachineFacts facts,
            Optional<JailOptions> confinement) {
        List<Occurrence<?>> given = new ArrayList<>();
        provider.options().forEach(option -> given.addAll(configuration.all(option)));
        given.sort(Comparator.comparingInt(Occurrence::position));
        return new Assignment(provider.id(), device, given.stream().map(Assignment::text).toList(), facts, confinement);
    }

    private static <T> List<String> text(Occurrence<T> occurrence) {
        OptionDeclaration<T> option = occurrence.option();
        String text = option.shape() == Shape.SWITCH ? "true" : OptionPrinter.print(option, occurrence.value());
        return List.of(option.name(), text);
    }

    /// @param passed what the process is started with
    String toJson(Passed passed) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", VERSION);
        json.put("provider", provider);
        json.put("device", device);
        json.put("options", options);
        json.put("architecture", facts.architecture());
        json.put("vcpus", List.of((long) facts.vcpus()));
        json.put("memory", List.of(facts.memoryBytes(), facts.ramBelow4GiB(), facts.ramAbove4GiB()));
        passed.addTo(json);
        confinement.ifPresent(jail -> {
            json.put("failures", jail.failures().name());
            jail.policyDirectory().ifPresent(folder -> json.put("policies", folder.toAbsolutePath().toString()));
        });
        return JsonText.write(json);
    }

    private static Optional<JailOptions> confinement(Map<?, ?> json) {
        if (!(json.get("failures") instanceof String failures)) {
            return Optional.empty();
        }
        Optional<Path> policies = Optional.ofNullable((Object) json.get("policies")).map(String::valueOf).map(Path::of);
        return Optional.of(new JailOptions(Optional.empty(), policies, FailureAction.valueOf(failures)));
    }

    /// @throws VmmException.Config when it is none of this version
    static Assignment fromJson(String text) {
        if (!(JsonText.read(text) instanceof Map<?, ?> json) || !Long.valueOf(VERSION).equals(json.get("version"))) {
            throw new VmmException.Config("a device process of another version was started; install one version only");
        }
        List<List<String>> options = new ArrayList<>();
        for (Object pair : list(json.get("options"))) {
            options.add(list(pair).stream().map(String::valueOf).toList());
        }
        List<Long> memory = ControlChannel.numbers(list(json.get("memory")));
        List<Long> vcpus = ControlChannel.numbers(list(json.get("vcpus")));
        MachineFacts facts = new MachineFacts(
                String.valueOf(json.get("architecture")),
                Math.toIntExact(vcpus.getFirst()),
                memory.get(0),
                memory.get(1),
                memory.get(2));
        return new Assignment(String.valueOf(json.get("provider")), String.valueOf(json.get("device")), options, facts,
                confinement(json));
    }

    private static List<?> list(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new VmmException.Config("a device process was told something that is no list");
    }

    /// Finds the provider again.
    /// @throws VmmException.Config when it is not installed here
    DeviceProvider provider(Providers providers) {
        return providers.devices().stream().filter(each -> each.id().equals(provider)).findFirst().orElseThrow(
                () -> new VmmException.Config("device provider %s is not installed".formatted(provider)));
    }

    /// Finds the device again.
    /// @throws VmmException.Config when the provider is not installed here, or makes no such device
    DeviceSpec.Virtio spec(Providers providers) {
        DeviceProvider found = provider(providers);
        ConfigurationBuilder builder = new ConfigurationBuilder(found.options());
        for (List<String> option : options) {
            found.options().stream().filter(each -> each.name().equals(option.getFirst())).findFirst()
                    .ifPresent(declared -> builder.text(declared, option.getLast()));
        }
        for (DeviceSpec spec : found.devices(builder.build(), facts)) {
            if (spec instanceof DeviceSpec.Virtio virtio && virtio.id().equals(device)) {
                return virtio;
            }
        }
        throw new VmmException.Config("provider %s makes no device %s".formatted(provider, device));
    }
}
