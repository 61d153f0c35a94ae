package testudo.platform.linux.confine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import testudo.spi.VmmException;

/// The shared libraries of the host that a Java runtime is linked with: the C library and its loader, and little else.
///
/// Which they are is read from this process, which has them mapped: the same runtime with the same libraries.
final class RuntimeFiles {
    private static final Pattern LIBRARY = Pattern.compile(
            "(ld|ld-linux[^/]*|ld-musl[^/]*|libc|libm|libdl|libpthread|librt|libz|libgcc_s|libstdc\\+\\+)[-.][^/]*");
    private static final int PT_INTERP = 3;
    private static final int PROGRAM_HEADERS_OFFSET = 32; // e_phoff; then e_phentsize at 54 and e_phnum at 56
    private static final int HEADER_SIZE_OFFSET = 54;
    private static final int HEADER_COUNT_OFFSET = 56;
    private static final int SEGMENT_OFFSET = 8; // p_offset, and p_filesz at 32
    private static final int SEGMENT_SIZE = 32;
    private static final int ENOUGH = 8192;
    /// By runtime image: the same for every jail of this process, and each look at a folder of libraries takes a thousand system calls.
    private static final Map<Path, Set<Path>> KNOWN = new ConcurrentHashMap<>();

    private RuntimeFiles() {}

    /// The libraries, by every name under which the loader looks for them.
    static Set<Path> libraries(Path runtimeImage) {
        return KNOWN.computeIfAbsent(runtimeImage, RuntimeFiles::find);
    }

    private static Set<Path> find(Path runtimeImage) {
        Set<Path> files = new TreeSet<>();
        try {
            interpreter(runtimeImage.resolve("bin/java"), files);
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                maps.map(line -> line.substring(Math.max(0, line.indexOf('/'))))
                        .filter(name -> name.startsWith("/"))
                        .distinct()
                        .map(Path::of)
                        .filter(path -> LIBRARY.matcher(path.getFileName().toString()).matches())
                        .filter(path -> !path.startsWith(runtimeImage) && Files.isRegularFile(path))
                        .forEach(files::add);
            }
            Set<Path> real = new TreeSet<>();
            for (Path library : files) {
                real.add(library.toRealPath());
            }
            for (Path folder : real.stream().map(Path::getParent).collect(Collectors.toSet())) {
                aliases(folder, real, files);
            }
            return Collections.unmodifiableSet(files);
        } catch (IOException failure) {
            throw new VmmException.Host(
                    VmmException.Kind.IO, "cannot find the libraries of " + runtimeImage + ": " + failure.getMessage(), failure);
        }
    }

    /// Links in a folder that lead to one of the libraries, such as `libc.so.6`.
    private static void aliases(Path folder, Set<Path> libraries, Set<Path> files) throws IOException {
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(
                folder, sibling -> LIBRARY.matcher(sibling.getFileName().toString()).matches())) {
            for (Path sibling : siblings) {
                if (Files.isSymbolicLink(sibling) && Files.exists(sibling) && libraries.contains(sibling.toRealPath())) {
                    files.add(sibling);
                }
            }
        }
    }

    /// The loader that the kernel runs for a program: its `PT_INTERP`, `elf(5)`.
    private static void interpreter(Path program, Set<Path> files) throws IOException {
        if (!Files.isRegularFile(program)) {
            throw new VmmException.Config(program + " does not exist; the runtime image must hold bin/java");
        }
        byte[] start;
        try (var in = Files.newInputStream(program)) {
            start = in.readNBytes(ENOUGH);
        }
        ByteBuffer elf = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        try {
            int header = (int) elf.getLong(PROGRAM_HEADERS_OFFSET);
            for (int left = elf.getShort(HEADER_COUNT_OFFSET); left > 0; left--, header += elf.getShort(HEADER_SIZE_OFFSET)) {
                if (elf.getInt(header) == PT_INTERP) {
                    int length = (int) elf.getLong(header + SEGMENT_SIZE) - 1;
                    int at = (int) elf.getLong(header + SEGMENT_OFFSET);
                    files.add(Path.of(new String(start, at, length, StandardCharsets.UTF_8)));
                }
            }
        } catch (IndexOutOfBoundsException malformed) {
            throw new VmmException.Config(program + " is no 64-bit little-endian ELF program");
        }
    }
}
