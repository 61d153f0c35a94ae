package testudo.core.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.jail.JailNeeds.Stream;

/// What a device process is started with beside its connections, as it is told: the numbers go on from one kind to the next.
/// @param files paths whose files are passed, in the order of their numbers
/// @param streams which of the machine's standard streams are its own
/// @param terminal the path of the pseudo terminal that is passed after the files
/// @param prepared how many handles of the provider's preparation come last; nothing when there was none
/// @param facts what the preparation says about them
/// @param pluginBytes how large the plugin from outside is that is passed behind all these; 0 when there is none
record Passed(
        List<String> files, Set<Stream> streams, Optional<String> terminal, Optional<Integer> prepared, String facts, int pluginBytes) {
    /// The first number.
    static final int FIRST = 5;
    /// The limit of [testudo.spi.host.ProcessRequest.PassedHandle].
    private static final int MAX_NUMBER = 255;

    /// Nothing.
    static Passed nothing() {
        return new Passed(List.of(), Set.of(), Optional.empty(), Optional.empty(), "", 0);
    }

    void addTo(Map<String, Object> json) {
        json.put("files", files);
        json.put("streams", streams.stream().map(Enum::name).sorted().toList());
        terminal.ifPresent(path -> json.put("terminal", path));
        prepared.ifPresent(count -> json.put("prepared", (long) count));
        json.put("facts", facts);
        json.put("plugin", (long) pluginBytes);
    }

    /// @throws VmmException.Config when it is not what a machine says
    static Passed fromJson(String text) {
        if (!(JsonText.read(text) instanceof Map<?, ?> json) || !(json.get("files") instanceof List<?> files)
                || !(json.get("streams") instanceof List<?> streams)) {
            throw new VmmException.Config("a device process was not told what it was started with");
        }
        Set<Stream> named = EnumSet.noneOf(Stream.class);
        streams.forEach(name -> named.add(Stream.valueOf(String.valueOf(name))));
        return new Passed(
                files.stream().map(String::valueOf).toList(),
                named,
                Optional.ofNullable((Object) json.get("terminal")).map(String::valueOf),
                json.get("prepared") instanceof Long count ? Optional.of(Math.clamp(count, 0, MAX_NUMBER)) : Optional.empty(),
                String.valueOf(json.get("facts")),
                json.get("plugin") instanceof Long bytes ? Math.toIntExact(bytes) : 0);
    }

    /// Where the files of paths are.
    Map<Path, Path> granted() {
        Map<Path, Path> granted = new HashMap<>();
        for (int i = 0; i < files.size(); i++) {
            granted.put(Path.of(files.get(i)), inherited(FIRST + i));
        }
        return granted;
    }

    /// Where the pseudo terminal is: its own path, and its descriptor's.
    Optional<Map.Entry<String, Path>> pseudoTerminal() {
        return terminal.map(path -> Map.entry(path, inherited(FIRST + files.size())));
    }

    /// Where the handles of the preparation are.
    List<Path> preparedHandles() {
        int first = FIRST + files.size() + (terminal.isPresent() ? 1 : 0);
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < prepared.orElse(0); i++) {
            paths.add(inherited(first + i));
        }
        return paths;
    }

    /// Where the plugin from outside is, when there is one.
    Path plugin() {
        return inherited(FIRST + files.size() + (terminal.isPresent() ? 1 : 0) + prepared.orElse(0));
    }

    /// The path by which the platform takes over an inherited descriptor.
    static Path inherited(int number) {
        return Path.of("/proc/self/fd/" + number);
    }
}
