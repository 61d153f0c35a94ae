package testudo.plugin.loader;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import testudo.spi.VmmException;

/// A directory of plugins: `*.zip` with their `*.zip.sig`, the folder `trusted-keys`, and `disabled.txt` with an id a line.
/// @param path where
record PluginDirectory(Path path) {
    private static final String DISABLED = "disabled.txt";
    private static final int MAX_ARCHIVES = 256;
    private static final int MAX_DISABLED_BYTES = 64 << 10;

    /// Its archives.
    /// @return files, sorted; none when the directory does not exist
    /// @throws VmmException when it can't be listed, everyone may write to it, or there are too many
    List<Path> archives() {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*" + ArchiveReader.SUFFIX)) {
            files.forEach(found::add);
        } catch (DirectoryIteratorException e) {
            throw failed("list", path, new IOException(e.getCause()));
        } catch (IOException e) {
            throw failed("list", path, e);
        }
        if (found.isEmpty()) {
            return List.of();
        }
        if (found.size() > MAX_ARCHIVES) {
            throw new VmmException.Config("plugin directory %s is refused: it holds %d archives, more than %d; remove some"
                    .formatted(path, found.size(), MAX_ARCHIVES));
        }
        requirePrivate(path);
        Collections.sort(found);
        return found;
    }

    /// The folder of keys that are trusted for its archives.
    Path keys() {
        return path.resolve(TrustedKeys.FOLDER);
    }

    /// The ids of plugins that are not to be loaded.
    Set<String> disabled() {
        Path file = path.resolve(DISABLED);
        Set<String> ids = new TreeSet<>();
        if (Files.exists(file)) {
            new String(SmallFile.read(file, MAX_DISABLED_BYTES, "list"), StandardCharsets.UTF_8).lines().map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(ids::add);
        }
        return ids;
    }

    /// Disables plugins.
    /// @param ids all that are not to be loaded
    void disabled(Set<String> ids) {
        write(path.resolve(DISABLED), (String.join("\n", new TreeSet<>(ids)) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /// Makes a directory, with those above it, which only its owner may write to.
    /// @param directory where
    /// @throws VmmException.Host when it can't be made
    static void create(Path directory) {
        try {
            FileAttribute<?>[] owner = directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                    ? new FileAttribute<?>[]{PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))}
                    : new FileAttribute<?>[0];
            Files.createDirectories(directory, owner);
        } catch (IOException e) {
            throw failed("make", directory, e);
        }
    }

    /// Writes a file so that others see either all of it or what was there before.
    /// @param file where
    /// @param content its new content
    /// @throws VmmException.Host when it can't be written
    static void write(Path file, byte[] content) {
        Path next = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            Files.deleteIfExists(next);
            try (var out = Files.newByteChannel(next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                    StandardOpenOption.SYNC)) {
                java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed("write", file, e);
        }
    }

    /// Deletes a file that may be gone already.
    /// @param file which
    /// @throws VmmException.Host when it can't be deleted
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed("delete", file, e);
        }
    }

    /// Refuses a directory to which everyone may write: a stranger could add keys.
    /// @param directory which
    /// @throws VmmException.Config when everyone may
    static void requirePrivate(Path directory) {
        PosixFileAttributeView view = Files.getFileAttributeView(directory, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        try {
            if (view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new VmmException.Config("%s is not used for plugins: everyone may write to it; run 'chmod o-w %s'"
                        .formatted(directory, directory));
            }
        } catch (IOException e) {
            throw failed("read", directory, e);
        }
    }

    private static VmmException.Host failed(String what, Path file, IOException cause) {
        return cause instanceof AccessDeniedException
                ? new VmmException.Host(VmmException.Kind.DENIED, "cannot %s %s: permission denied".formatted(what, file), cause)
                : new VmmException.Host(VmmException.Kind.IO, "cannot %s %s: %s".formatted(what, file, cause), cause);
    }
}
