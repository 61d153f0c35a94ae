package testudo.platform.linux.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import testudo.spi.VmmException;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;

/// What a jail's file tree holds: real files and folders of the host, the symbolic links on the way to them, and empty folders to hang them in.
public final class JailTree {
    private static final int MAX_LINKS = 40;

    private final String jail;
    private final SequencedMap<Path, Entry> entries = new LinkedHashMap<>();
    private final SequencedMap<Path, Access> binds = new LinkedHashMap<>();

    private final SequencedMap<Path, Path> names = new LinkedHashMap<>();

    private JailTree(String jail) {
        this.jail = jail;
    }

    /// Works out the tree of a jail: the runtime image, its libraries, and what was granted.
    /// @param request the jail
    /// @return the tree
    /// @throws VmmException.Config when something that was granted does not exist
    public static JailTree of(JailRequest request) {
        JailTree tree = new JailTree(request.name());
        List<FileGrant> grants = new ArrayList<>(request.files());
        grants.add(new FileGrant(request.runtimeImage(), Access.READ));
        RuntimeFiles.libraries(request.runtimeImage()).forEach(path -> grants.add(new FileGrant(path, Access.READ)));
        // Folders before what lies in them.
        grants.sort(Comparator.comparingInt(grant -> grant.path().getNameCount()));
        grants.forEach(grant -> {
            Path real = tree.grant(grant.path(), grant.access(), 0);
            tree.names.put(real, real);
            tree.names.put(grant.path(), real);
        });
        return tree;
    }

    /// The entries, parents first.
    /// @return by path inside of the jail
    public SequencedMap<Path, Entry> entries() {
        return entries;
    }

    /// The real files and folders of the host.
    /// @return with what may be done with them
    public Map<Path, Access> files() {
        return binds;
    }

    /// The names under which files are known: what was granted, and what that leads to.
    /// @return real paths by name
    public SequencedMap<Path, Path> names() {
        return names;
    }

    /// A process as it is started inside of a jail: the loader needs to be told where the runtime's libraries are, because it would look at `/proc/self/exe`
    /// and a jail has no `/proc`.
    /// @param request the jail
    /// @param process what was asked for
    /// @return the same with one more variable
    public static ProcessRequest inside(JailRequest request, ProcessRequest process) {
        Map<String, String> environment = new TreeMap<>(process.environment());
        environment.put("LD_LIBRARY_PATH", request.runtimeImage().resolve("lib").toString());
        return new ProcessRequest(process.command(), environment, process.handles());
    }

    private Path grant(Path path, Access access, int links) {
        Path real = Path.of("/");
        for (int i = 0; i < path.getNameCount(); i++) {
            real = real.resolve(path.getName(i));
            boolean last = i == path.getNameCount() - 1;
            if (Files.isSymbolicLink(real)) {
                return follow(real, last ? real : real.resolve(path.subpath(i + 1, path.getNameCount())), access, links);
            }
            if (last) {
                bind(real, access);
            } else if (!covered(real)) {
                entries.putIfAbsent(real, new Entry.Folder());
            }
        }
        return real;
    }

    private Path follow(Path link, Path whole, Access access, int links) {
        if (links == MAX_LINKS) {
            throw new VmmException.Config("jail " + jail + ": too many symbolic links in " + link);
        }
        try {
            Path target = Files.readSymbolicLink(link);
            if (!covered(link)) {
                entries.putIfAbsent(link, new Entry.Link(target.toString()));
            }
            Path rest = link.relativize(whole);
            Path resolved = link.resolveSibling(target);
            return grant((rest.toString().isEmpty() ? resolved : resolved.resolve(rest)).normalize(), access, links + 1);
        } catch (IOException failure) {
            throw new VmmException.Config("jail " + jail + ": cannot read the symbolic link " + failure.getMessage());
        }
    }

    private void bind(Path real, Access access) {
        if (!Files.exists(real)) {
            throw new VmmException.Config("jail " + jail + ": " + real + " does not exist; make it, or take it out of the grants");
        }
        if (access == Access.READ && covered(real)) {
            return;
        }
        boolean mountPointExists = covered(real);
        entries.put(real, new Entry.Bind(access, Files.isDirectory(real), mountPointExists));
        binds.put(real, access);
    }

    /// Whether a granted folder shows this path already.
    private boolean covered(Path path) {
        for (Path parent = path; parent != null; parent = parent.getParent()) {
            if (binds.containsKey(parent)) {
                return true;
            }
        }
        return false;
    }

    /// Something in the tree.
    public sealed interface Entry {
        /// A folder to hang others in.
        record Folder() implements Entry {}

        /// A symbolic link, as on the host.
        /// @param target its text
        record Link(String target) implements Entry {}

        /// A file or folder of the host.
        /// @param access what may be done with it
        /// @param folder whether it is a folder
        /// @param mountPointExists whether a granted folder above shows it already
        record Bind(Access access, boolean folder, boolean mountPointExists) implements Entry {}
    }
}
