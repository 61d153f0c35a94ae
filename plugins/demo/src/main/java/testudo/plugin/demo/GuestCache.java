package testudo.plugin.demo;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import testudo.plugin.demo.PackageSource.Packages;
import testudo.spi.VmmException;

/// Guests that were made of packages, one folder an architecture. A folder is complete or not there; only one process at a time changes it.
final class GuestCache {
    /// Changes with the files' form or content, so that older ones are made again.
    private static final String FORMAT = "2";
    private static final String KERNEL = "kernel";
    private static final String INITRAMFS = "initramfs";

    private final Path root;
    private final HostPrograms programs;
    private final Progress progress;

    /// Makes it.
    /// @param root the demo's folder in the user's cache
    /// @param programs runs apt and dpkg
    /// @param progress shows what takes long
    GuestCache(Path root, HostPrograms programs, Progress progress) {
        this.root = root;
        this.programs = programs;
        this.progress = progress;
    }

    /// Where the cache is: below `$TESTUDO_CACHE`, `$XDG_CACHE_HOME/testudo` or `~/.cache/testudo`.
    /// @param environment variables
    /// @param home the user's home folder, for a process without `$HOME`
    static Path standard(Map<String, String> environment, String home) {
        Optional<Path> own = absolute(environment.get("TESTUDO_CACHE"));
        Path caches = absolute(environment.get("XDG_CACHE_HOME"))
                .orElseGet(() -> absolute(environment.get("HOME")).orElse(Path.of(home)).resolve(".cache"));
        return own.orElse(caches.resolve("testudo")).resolve("demo");
    }

    /// A relative folder is to be ignored (XDG Base Directory Specification, "Basics").
    private static Optional<Path> absolute(@Nullable String folder) {
        return Optional.ofNullable(folder).filter(text -> !text.isEmpty()).map(Path::of).filter(Path::isAbsolute);
    }

    /// What a machine boots.
    /// @param kernel the kernel image
    /// @param initramfs its initramfs
    record Guest(Path kernel, Path initramfs) {}

    /// The guest of an architecture, made when it is not there.
    /// @param architecture which
    /// @param refresh whether to make it again, of the newest packages
    /// @throws VmmException.Host when the packages can't be fetched or the cache can't be written
    Guest guest(GuestArchitecture architecture, boolean refresh) {
        Path folder = root.resolve(architecture.debianName() + "-" + FORMAT);
        try {
            if (refresh || !isComplete(folder)) {
                make(architecture, folder, refresh);
            }
            return new Guest(folder.resolve(KERNEL), folder.resolve(INITRAMFS));
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO, "the guest can't be made [%s]: %s; $XDG_CACHE_HOME may name another folder"
                    .formatted(folder, e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException.Host(VmmException.Kind.IO, "interrupted while the guest was made", e);
        }
    }

    private static boolean isComplete(Path folder) {
        return Files.isReadable(folder.resolve(KERNEL)) && Files.isReadable(folder.resolve(INITRAMFS));
    }

    private void make(GuestArchitecture architecture, Path folder, boolean refresh) throws IOException, InterruptedException {
        Files.createDirectories(root);
        try (FileChannel channel = FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel)) {
            // Who waited finds what the other made.
            if (isComplete(folder) && !refresh) {
                return;
            }
            clear(lock);
            Path work = Files.createTempDirectory(root, "work");
            try {
                Path made = Files.createDirectory(work.resolve("guest"));
                build(architecture, work, made);
                replace(folder, made, work.resolve("old"));
            } finally {
                delete(work);
            }
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        try (Progress.Step _ = progress.step("waiting for another demo that makes a guest")) {
            return channel.lock();
        }
    }

    /// Deletes what processes left that were ended.
    /// @param lock held
    private void clear(FileLock lock) throws IOException {
        if (!lock.isValid()) {
            throw new IOException("the lock of the cache is lost");
        }
        try (Stream<Path> entries = Files.list(root)) {
            for (Path entry : entries.filter(each -> String.valueOf(each.getFileName()).startsWith("work")).toList()) {
                delete(entry);
            }
        }
    }

    private static void replace(Path folder, Path made, Path old) throws IOException {
        if (Files.exists(folder)) {
            Files.move(folder, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    private void build(GuestArchitecture architecture, Path work, Path made) throws IOException, InterruptedException {
        Packages packages = new PackageSource(programs, work, architecture, progress).fetch();
        Path tree = Files.createDirectory(work.resolve("tree"));
        try (Progress.Step _ = progress.step("unpacking " + packages.kernelName())) {
            unpack(packages.kernel(), tree, List.of("--exclude=*/drivers/gpu", "--exclude=*/kernel/sound", "--exclude=*/System.map-*"));
            unpack(packages.busybox(), tree, List.of());
        } catch (HostPrograms.Failed e) {
            throw new IOException(e);
        }
        try (Progress.Step _ = progress.step("making the initramfs")) {
            Files.move(only(tree.resolve("boot"), "vmlinu"), made.resolve(KERNEL));
            // Where the folders of / are links into /usr, packages may name either.
            Path modules = Files.isDirectory(tree.resolve("usr/lib/modules"))
                    ? tree.resolve("usr/lib/modules")
                    : tree.resolve("lib/modules");
            Path busybox = Files.exists(tree.resolve("usr/bin/busybox")) ? tree.resolve("usr/bin/busybox") : tree.resolve("bin/busybox");
            Initramfs.write(made.resolve(INITRAMFS), busybox, new KernelModules(modules));
        }
    }

    private void unpack(Path archive, Path tree, List<String> options) throws IOException, InterruptedException, HostPrograms.Failed {
        List<String> tar = new ArrayList<>(List.of("tar", "-x", "--no-same-owner", "--exclude=./usr/share"));
        tar.addAll(options);
        programs.pipe(tree, List.of("dpkg-deb", "--fsys-tarfile", archive.toString()), tar);
    }

    private static Path only(Path folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> String.valueOf(file.getFileName()).startsWith(prefix)).findFirst()
                    .orElseThrow(() -> new IOException("the package has no kernel image"));
        }
    }

    /// Deletes a folder with all that is in it.
    static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(Objects.requireNonNull(visited));
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
