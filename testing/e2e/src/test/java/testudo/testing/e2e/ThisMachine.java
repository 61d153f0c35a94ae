package testudo.testing.e2e;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// This machine, as whoever runs the tests: for hypervisors that need nothing of it. Files are in a folder that is deleted at the end.
final class ThisMachine implements Host {
    private final Path image;
    private final Path material;
    private final Path folder;
    private final List<LocalProgram> programs = new ArrayList<>();

    /// Makes the folder.
    /// @param image the image under test
    /// @param material kernels and root file systems
    ThisMachine(Path image, Path material) throws IOException {
        this.image = image;
        this.material = material;
        this.folder = Files.createTempDirectory("testudo-e2e");
    }

    @Override
    public String image() {
        return image.toString();
    }

    @Override
    public String material() {
        return material.toString();
    }

    @Override
    public String folder() {
        return folder.toString();
    }

    /// A shell of its own session; `mke2fs` and the like are not on the path of ordinary users.
    ProcessBuilder shell(String command) {
        ProcessBuilder builder = new ProcessBuilder("setsid", "sh", "-c", command).directory(folder.toFile());
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        return builder;
    }

    @Override
    public Result exec(String command, Duration limit) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        Process process = shell(command).redirectInput(Redirect.from(new File("/dev/null")))
                .redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            kill(process);
        }
        Result result = new Result(process.waitFor(), Files.readString(out, StandardCharsets.ISO_8859_1),
                Files.readString(err, StandardCharsets.ISO_8859_1));
        Files.delete(out);
        Files.delete(err);
        return result;
    }

    /// Kills a shell's whole group, which has the number of the shell.
    static void kill(Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-s", "KILL", "--", "-" + process.pid()).redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD).start().waitFor();
    }

    @Override
    public void upload(byte[] content, String path) throws IOException {
        Files.write(Path.of(path), content);
    }

    @Override
    public BackgroundProgram start(int console, String command) throws IOException {
        LocalProgram program = new LocalProgram(this, command, folder.resolve("program-" + programs.size() + ".err"));
        programs.add(program);
        return program;
    }

    @Override
    public String report() {
        return "-- on this machine";
    }

    @Override
    public void close() throws IOException {
        for (LocalProgram program : programs) {
            program.close();
        }
        List<Path> files;
        try (Stream<Path> entries = Files.walk(folder)) {
            files = entries.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
