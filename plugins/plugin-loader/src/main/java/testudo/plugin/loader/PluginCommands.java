package testudo.plugin.loader;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import testudo.plugin.loader.Inventory.Entry;
import testudo.plugin.loader.Inventory.State;
import testudo.plugin.loader.TrustedKeys.TrustedKey;
import testudo.spi.VmmException;
import testudo.spi.command.ToolProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// `testudo plugin …`.
public final class PluginCommands implements ToolProvider {
    private static final OptionDeclaration<Path> DIRECTORY = OptionDeclaration.value("plugin-dir", Path.class, "DIR", "Plugins",
            "plugin directory; may be repeated; with those of $TESTUDO_PLUGINS; by default the user's and the system's").repeated(true);
    private static final OptionDeclaration<Path> FILE = OptionDeclaration.argument("FILE", Path.class, "a plugin archive, signed");
    private static final OptionDeclaration<Path> KEY = OptionDeclaration.argument("KEY", Path.class, "an Ed25519 public key in PEM form");
    private static final OptionDeclaration<String> ID = OptionDeclaration.argument("ID", String.class,
            "a plugin's id, as in 'plugin list'");

    private final Locations locations;
    private final ModuleLayer image;

    /// Makes the commands for this process's locations. For [java.util.ServiceLoader].
    public PluginCommands() {
        this(Locations.standard(), ArchivePluginSource.image());
    }

    PluginCommands(Locations locations, ModuleLayer image) {
        this.locations = locations;
        this.image = image;
    }

    @Override
    public List<Tool> tools() {
        return List.of(
                tool("list", "list plugins, with the reason why one is not loaded", List.of(DIRECTORY), this::list),
                tool("info", "say all about a plugin", List.of(DIRECTORY, ID), this::info),
                tool("verify", "check an archive: signature, contents, whether it fits this image", List.of(DIRECTORY, FILE), this::verify),
                tool("install", "check an archive and copy it into the first plugin directory", List.of(DIRECTORY, FILE), this::install),
                tool("remove", "delete a plugin's archive", List.of(DIRECTORY, ID), this::remove),
                tool("enable", "load a plugin again", List.of(DIRECTORY, ID), this::enable),
                tool("disable", "keep a plugin but do not load it", List.of(DIRECTORY, ID), this::disable),
                tool("trust", "trust a vendor's key: for all plugins, or with --plugin-dir for those of that directory",
                        List.of(DIRECTORY, KEY), this::trust));
    }

    private static Tool tool(String word, String summary, List<OptionDeclaration<?>> arguments, Action action) {
        return new Tool(List.of("plugin", word), arguments, summary, action);
    }

    private int list(Configuration arguments, PrintStream out) {
        List<Entry> entries = inventory(arguments).load();
        if (entries.isEmpty()) {
            out.println("no plugins in " + String.join(", ", directories(arguments).stream().map(Path::toString).toList()));
            return 0;
        }
        String line = "%-24s %-12s %-9s %-17s %s%n";
        out.printf(Locale.ROOT, line, "ID", "VERSION", "STATE", "KEY", "FILE");
        for (Entry entry : entries) {
            out.printf(Locale.ROOT, line, entry.archive().map(archive -> archive.manifest().id()).orElse("-"),
                    entry.archive().map(archive -> archive.manifest().version()).orElse("-"),
                    entry.state().name().toLowerCase(Locale.ROOT),
                    entry.archive().map(archive -> archive.signer().shortFingerprint()).orElse("-"), entry.file());
            entry.problem().lines().forEach(problem -> out.println("    " + problem));
        }
        return 0;
    }

    private int info(Configuration arguments, PrintStream out) {
        Entry entry = find(arguments);
        if (entry.archive().isPresent()) {
            describe(entry.archive().get(), out);
        }
        out.println("state:        " + entry.state().name().toLowerCase(Locale.ROOT));
        entry.problem().lines().forEach(problem -> out.println("    " + problem));
        return 0;
    }

    private int verify(Configuration arguments, PrintStream out) {
        Path file = required(arguments, FILE);
        PluginArchive archive = reader(arguments).read(file);
        requireFit(arguments, archive);
        describe(archive, out);
        out.println("ok");
        return 0;
    }

    private int install(Configuration arguments, PrintStream out) {
        Path file = required(arguments, FILE);
        Path directory = directories(arguments).getFirst();
        ArchiveReader.SignedBytes bytes = ArchiveReader.bytes(file);
        // Only keys that will be asked at the next start too.
        TrustedKeys keys = TrustedKeys.in(List.of(new PluginDirectory(directory).keys(), locations.userKeys()));
        PluginArchive archive = new ArchiveReader(keys).open(file, bytes);
        requireFit(arguments, archive);
        Path target = directory.resolve(archive.manifest().id() + "-" + archive.manifest().version() + ArchiveReader.SUFFIX);
        List<Entry> earlier = inventory(arguments).load().stream()
                .filter(entry -> idOf(entry).equals(archive.manifest().id()) && !entry.file().equals(target.toAbsolutePath().normalize()))
                .toList();
        for (Entry other : earlier) {
            if (!directory.toAbsolutePath().normalize().equals(other.file().getParent())) {
                throw new VmmException.Config("plugin %s is already there as %s; remove that first"
                        .formatted(archive.manifest().id(), other.file()));
            }
        }
        PluginDirectory.create(directory);
        // The signature first: an archive without one is refused, and so half an installation is.
        PluginDirectory.write(ArchiveReader.signatureOf(target), bytes.signature());
        PluginDirectory.write(target, bytes.archive());
        earlier.forEach(other -> delete(other.file()));
        out.println("installed " + archive.manifest().label() + " as " + target);
        earlier.forEach(other -> out.println("replaced " + other.file()));
        return 0;
    }

    private int remove(Configuration arguments, PrintStream out) {
        Entry entry = find(arguments);
        delete(entry.file());
        Path directory = entry.file().getParent();
        if (directory != null && entry.state() == State.DISABLED) {
            setDisabled(new PluginDirectory(directory), idOf(entry), false);
        }
        out.println("removed " + entry.file());
        return 0;
    }

    private int enable(Configuration arguments, PrintStream out) {
        return setDisabled(arguments, false, "enabled ", out);
    }

    private int disable(Configuration arguments, PrintStream out) {
        return setDisabled(arguments, true, "disabled ", out);
    }

    private int setDisabled(Configuration arguments, boolean off, String done, PrintStream out) {
        Entry entry = find(arguments);
        Path directory = entry.file().getParent();
        if (directory == null || entry.archive().isEmpty()) {
            throw new VmmException.Config("%s has no id that could be disabled; remove it".formatted(entry.file()));
        }
        setDisabled(new PluginDirectory(directory), idOf(entry), off);
        out.println(done + idOf(entry));
        return 0;
    }

    private static void setDisabled(PluginDirectory directory, String id, boolean off) {
        java.util.Set<String> ids = directory.disabled();
        if (off ? ids.add(id) : ids.remove(id)) {
            directory.disabled(ids);
        }
    }

    private int trust(Configuration arguments, PrintStream out) {
        TrustedKey key = TrustedKeys.read(required(arguments, KEY));
        List<Path> folders = named(arguments).isEmpty()
                ? List.of(locations.userKeys())
                : named(arguments).stream().map(path -> new PluginDirectory(path).keys()).toList();
        for (Path folder : folders) {
            PluginDirectory.create(folder);
            Path target = folder.resolve(key.shortFingerprint() + ".pem");
            PluginDirectory.write(target, key.pem());
            out.println("trusted: " + target);
        }
        out.println("SHA-256 fingerprint, which the vendor should confirm: " + key.fingerprint());
        return 0;
    }

    private static void describe(PluginArchive archive, PrintStream out) {
        PluginManifest manifest = archive.manifest();
        out.println("plugin:       " + manifest.label());
        out.println("description:  " + manifest.description());
        out.println("provider:     " + manifest.provider());
        out.println("file:         " + archive.file());
        out.println("signed by:    " + archive.signer().file());
        out.println("fingerprint:  " + archive.signer().fingerprint());
        out.println("testudo.spi:  " + manifest.requires());
        out.println("depends on:   " + String.join(", ", manifest.dependencies()));
        out.println("permissions:  " + String.join(", ",
                manifest.permissions().stream().map(asked -> asked.key() + " (" + asked.meaning() + ")").toList()));
        out.println("modules:      " + String.join(", ", archive.modules().stream().map(module -> module.descriptor().toNameAndVersion())
                .toList()));
    }

    /// Loads the plugin beside those that are installed, as the next start would.
    private void requireFit(Configuration arguments, PluginArchive archive) {
        for (Entry entry : inventory(arguments).replace(archive).load()) {
            if (entry.file().equals(archive.file()) && entry.state() == State.REFUSED) {
                throw new VmmException.Config(entry.problem().lines().toList());
            }
        }
    }

    private Entry find(Configuration arguments) {
        String wanted = required(arguments, ID);
        List<Entry> found = inventory(arguments).load().stream()
                .filter(entry -> entry.file().toString().endsWith(ArchiveReader.SUFFIX))
                .filter(entry -> idOf(entry).equals(wanted) || entry.file().endsWith(wanted)).toList();
        if (found.isEmpty()) {
            throw new VmmException.Config("there is no plugin %s in %s; see 'testudo plugin list'".formatted(wanted, directories(
                    arguments)));
        }
        if (found.size() > 1) {
            throw new VmmException.Config("plugin %s is there more than once (%s); name the file instead".formatted(wanted,
                    String.join(", ", found.stream().map(entry -> entry.file().toString()).toList())));
        }
        return found.getFirst();
    }

    private static String idOf(Entry entry) {
        return entry.archive().map(archive -> archive.manifest().id()).orElse("");
    }

    private static void delete(Path archive) {
        PluginDirectory.delete(archive);
        PluginDirectory.delete(ArchiveReader.signatureOf(archive));
    }

    private ArchiveReader reader(Configuration arguments) {
        List<Path> folders = new ArrayList<>(directories(arguments).stream().map(path -> new PluginDirectory(path).keys()).toList());
        folders.add(locations.userKeys());
        return new ArchiveReader(TrustedKeys.in(folders));
    }

    private Inventory inventory(Configuration arguments) {
        return new Inventory(locations.userKeys(), image).add(directories(arguments));
    }

    private List<Path> directories(Configuration arguments) {
        return locations.directories(named(arguments));
    }

    private static List<Path> named(Configuration arguments) {
        return arguments.all(DIRECTORY).stream().map(Occurrence::value).toList();
    }

    private static <T> T required(Configuration arguments, OptionDeclaration<T> argument) {
        return arguments.value(argument).orElseThrow(() -> new VmmException.Config("%s is missing: %s".formatted(argument.name(), argument
                .help())));
    }
}
