package testudo.hypervisor.soft.difftest;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/// Runs programs under `qemu-riscv64`, of the Debian package `qemu-user`.
public final class QemuUser {
    private static final String COMMAND = "qemu-riscv64";
    private static final int STDOUT = 1;
    private static final int WRITE = 64;
    private static final int EXIT_GROUP = 94;

    private final Path directory;

    /// @param directory where executables are put for a moment
    public QemuUser(Path directory) {
        this.directory = directory;
    }

    /// Whether the program is installed, on `PATH`.
    public static boolean isInstalled() {
        return find(COMMAND).isPresent();
    }

    static Optional<Path> find(String command) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Arrays.stream(path.split(File.pathSeparator, -1)).map(entry -> Path.of(entry, command)).filter(Files::isExecutable)
                .findFirst();
    }

    /// Runs a program and returns what it left from [Layout#STATE] on, at least [Program#dumpBytes()] bytes.
    public byte[] run(Program program) {
        try {
            Path executable = Files.createTempFile(directory, "program", ".elf");
            Files.write(executable, ElfImage.of(program.memory(finish(program.dumpBytes())), Layout.BASE, Layout.CODE));
            executable.toFile().setExecutable(true);
            Path errors = directory.resolve("qemu.stderr");
            Process process = new ProcessBuilder(COMMAND, "-cpu", "rv64", executable.toString()).redirectError(errors.toFile()).start();
            process.getOutputStream().close();
            byte[] dump = process.getInputStream().readNBytes(program.dumpBytes());
            int status = process.waitFor();
            Files.delete(executable);
            if (status != 0 || dump.length != program.dumpBytes()) {
                throw new AssertionError("seed %dL: %s ended with %d after %d bytes: %s".formatted(program.seed(), COMMAND, status,
                        dump.length,
                        Files.readString(errors)));
            }
            return dump;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// `write(1, STATE, bytes)`, then `exit_group(0)`.
    private static byte[] finish(int bytes) {
        Code code = new Code(Layout.FINISH);
        code.addi(10, 0, STDOUT);
        code.la(11, Layout.STATE);
        code.li(12, bytes);
        code.addi(17, 0, WRITE);
        code.word(0x73);
        code.addi(10, 0, 0);
        code.addi(17, 0, EXIT_GROUP);
        code.word(0x73);
        return code.toByteArray();
    }
}
