package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostTerminals.PseudoTerminal;
import testudo.spi.host.ProcessRequest.PassedHandle;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Grants;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.jail.JailNeeds.Stream;

/// Opens what a device process is granted, and holds what must stay open outside of it for as long as it lives.
final class Granting implements AutoCloseable {
    private final List<HostHandle> passed = new ArrayList<>();
    private final List<PassedHandle> handles = new ArrayList<>();
    private final List<HostHandle> kept = new ArrayList<>();
    private @Nullable Passed told;

    /// Opens everything.
    /// @param plugin the plugin from outside that the process needs, packed
    /// @throws testudo.spi.VmmException when something can't be opened; what was is closed with this
    void open(Grants needs, Optional<byte[]> plugin, HostPlatform platform) {
        List<String> files = new ArrayList<>();
        for (JailNeeds.OpenFile wanted : needs.opened()) {
            pass(platform.files().open(wanted.path(), wanted.modes()));
            files.add(wanted.path().toString());
        }
        Optional<String> terminal = Optional.empty();
        if (needs.streams().contains(Stream.PSEUDO_TERMINAL)) {
            PseudoTerminal made = platform.terminals().newPseudoTerminal();
            kept.add(made); // with its user's side, or the device would see it hang up
            handles.add(new PassedHandle(next(), made.stream()));
            terminal = Optional.of(made.path());
        }
        Optional<Prepared> prepared = needs.preparation().map(preparation -> preparation.prepare(platform));
        prepared.ifPresent(opened -> {
            passed.addAll(opened.handles());
            opened.handles().forEach(handle -> handles.add(new PassedHandle(next(), handle)));
        });
        plugin.ifPresent(packed -> pass(PluginModules.share(packed, platform)));
        standard(needs, platform);
        told = new Passed(
                files, needs.streams(), terminal, prepared.map(opened -> opened.handles().size()), prepared.map(Prepared::facts).orElse(
                        ""), plugin.map(packed -> packed.length).orElse(0));
    }

    private int next() {
        return Passed.FIRST + handles.size();
    }

    private void pass(HostHandle handle) {
        passed.add(handle);
        handles.add(new PassedHandle(next(), handle));
    }

    /// Last: their numbers are not counted.
    private void standard(Grants needs, HostPlatform platform) {
        if (needs.streams().contains(Stream.INPUT)) {
            HostFile input = platform.terminals().standardInput();
            passed.add(input);
            handles.add(new PassedHandle(0, input));
            kept.add(platform.terminals().rawInput());
        }
        if (needs.streams().contains(Stream.OUTPUT)) {
            HostFile output = platform.terminals().standardOutput();
            passed.add(output);
            handles.add(new PassedHandle(1, output));
        }
    }

    /// What is passed to the process.
    List<PassedHandle> handles() {
        return handles;
    }

    /// What the process is told about it. After [#open].
    Passed told() {
        Passed made = told;
        return made == null ? Passed.nothing() : made;
    }

    /// Closes what the process has by now.
    void closePassed() {
        passed.forEach(HostHandle::close);
        passed.clear();
    }

    /// Closes everything: the process has ended. Idempotent.
    @Override
    public void close() {
        closePassed();
        kept.forEach(HostHandle::close);
        kept.clear();
    }
}
