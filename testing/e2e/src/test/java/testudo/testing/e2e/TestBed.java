package testudo.testing.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What `prepare` made: the outer machine's command line and state, and the disks that carry programs into it.
///
/// Prepared once per JVM, which takes about a minute and a half with an empty cache and milliseconds afterwards.
record TestBed(Path folder) {
    private static final Path PROJECT = Path.of(System.getProperty("testudo.e2e.basedir", ".")).toAbsolutePath().normalize();
    private static final Map<Path, Path> IMAGE_DISKS = new ConcurrentHashMap<>();

    private static final class Prepared {
        private static final TestBed BED = new TestBed(prepare());
    }

    private static final class PreparedSoft {
        private static final Path MATERIAL = prepare("--soft");
    }

    /// Kernels and root file systems for guests of the software hypervisor, prepared on first use; they need no outer Linux.
    static Path softMaterial() {
        return PreparedSoft.MATERIAL;
    }

    /// The bed, prepared on first use.
    static TestBed get() {
        return Prepared.BED;
    }

    /// The checkout these tests belong to.
    static Path checkout() {
        return PROJECT.resolve("../..").normalize();
    }

    /// The image under test: a folder with `bin/testudo`. System property `testudo.image`, or `build/image` of the checkout.
    ///
    /// @throws AssertionError when there is none: a run of these tests without a product must not pass
    static Path imageUnderTest() {
        String property = System.getProperty("testudo.image", "");
        Path image = property.isEmpty() ? PROJECT.resolve("../../build/image").normalize() : Path.of(property);
        if (!Files.isExecutable(image.resolve("bin/testudo"))) {
            throw new AssertionError("no image under test: " + image + "/bin/testudo is not an executable file; "
                    + "build the image, or name one with -Dtestudo.image=DIR");
        }
        return image;
    }

    /// The folder of the programs the bed itself uses; it holds a QEMU that runs from any place.
    Path tools() {
        return folder.resolveSibling("tools");
    }

    /// The read-only disk that carries `content`; made when there is none for what the folder contains now.
    Path imageDisk(Path content) {
        return IMAGE_DISKS.computeIfAbsent(content, path -> prepare("--image", path.toString()));
    }

    /// The outer machine's command line for a run in `run`, with `image` as its image disk.
    List<String> outerCommand(Path run, Path image) throws IOException {
        return Files.readAllLines(folder.resolve("outer.command")).stream()
                .map(argument -> argument.replace("@RUN@", run.toString()).replace("@IMAGE@", image.toString()))
                .toList();
    }

    private static Path prepare(String... arguments) {
        List<String> command = new ArrayList<>(List.of(PROJECT.resolve("prepare").toString()));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            if (code != 0) {
                throw new AssertionError(String.join(" ", command) + " ended with " + code + "; its messages are above");
            }
            return Path.of(answer);
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while the bed was prepared", e);
        }
    }
}
