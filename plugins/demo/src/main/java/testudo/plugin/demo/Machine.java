package testudo.plugin.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import testudo.plugin.demo.GuestCache.Guest;
import testudo.spi.command.ToolProvider.Commands;

/// One run of the demo's machine, and the files it needs meanwhile: the initramfs with the command, a scratch disk, the kernel's messages, and what
/// the guest reports on its status port.
final class Machine {
    /// The hypervisor that is used when none is asked for.
    static final String SOFTWARE_HYPERVISOR = "soft";

    private static final int FAILURE = 1;
    private static final long DISK_BYTES = 64L << 20;
    private static final int MESSAGES = 20;
    private static final Pattern EXIT = Pattern.compile("(?m)^exit (\\d{1,3})$");
    private static final Pattern SAFE_TERMINAL = Pattern.compile("[A-Za-z0-9.+-]{1,40}");

    private final DemoOptions options;
    private final Path folder;
    private final Terminal terminal;
    private final Progress progress;
    private final PrintStream err;

    /// Makes it.
    /// @param options what the user asked for
    /// @param folder an empty folder
    /// @param terminal what the command's standard streams are
    /// @param progress shows that the guest boots
    /// @param err for what went wrong
    Machine(DemoOptions options, Path folder, Terminal terminal, Progress progress, PrintStream err) {
        this.options = options;
        this.folder = folder;
        this.terminal = terminal;
        this.progress = progress;
        this.err = err;
    }

    /// What the command's standard streams are.
    /// @param interactive whether a user types and reads at a terminal
    /// @param type value of `$TERM`
    record Terminal(boolean interactive, String type) {}

    /// Boots the guest and waits for its end.
    /// @param guest what to boot
    /// @param commands runs `run`
    /// @return the status of the command or shell; without one, a status other than 0 that says how the machine ended
    int run(Guest guest, Commands commands) throws IOException {
        Path initramfs = folder.resolve("initramfs");
        Initramfs.append(initramfs, guest.initramfs(), settings());
        try (RandomAccessFile disk = new RandomAccessFile(folder.resolve("disk").toFile(), "rw")) {
            disk.setLength(DISK_BYTES);
        }
        Files.createFile(status());
        Files.createFile(messages());
        int ended;
        try (Progress.Step _ = progress.step("booting", () -> read(status()).startsWith("up\n"))) {
            ended = commands.run(arguments(guest.kernel(), initramfs));
        }
        return outcome(read(status()), ended);
    }

    private Path status() {
        return folder.resolve("status");
    }

    private Path messages() {
        return folder.resolve("messages");
    }

    private Map<String, String> settings() {
        Map<String, String> files = new HashMap<>();
        options.command().ifPresent(text -> files.put("testudo/command", text + "\n"));
        if (terminal.interactive() || options.command().isEmpty()) {
            files.put("testudo/terminal", SAFE_TERMINAL.matcher(terminal.type()).matches() ? terminal.type() : "dumb");
        }
        return files;
    }

    /// The command line of `run`.
    List<String> arguments(Path kernel, Path initramfs) {
        boolean input = terminal.interactive() || options.command().isEmpty();
        List<String> arguments = new ArrayList<>();
        if (!options.verbose()) {
            arguments.addAll(List.of("--log-level", "warn"));
        }
        arguments.addAll(List.of("run", "--disable-sandbox",
                "--hypervisor", options.hypervisor().orElse(SOFTWARE_HYPERVISOR),
                "--cpus", Long.toString(options.cpus()),
                "--mem", Long.toString(options.memoryMib()),
                "--serial", "type=file,path=%s,hardware=serial,num=1".formatted(quoted(messages())),
                "--serial", "type=stdout,hardware=virtio-console,num=1" + (input ? ",stdin" : "") + (options.verbose() ? ",console" : ""),
                "--serial", "type=file,path=%s,hardware=virtio-console,num=2,name=testudo.status".formatted(quoted(status())),
                "--block", "path=" + quoted(folder.resolve("disk")),
                "--net", "user",
                "--params", "console=ttyS0",
                "--initrd", initramfs.toString(), kernel.toString()));
        return arguments;
    }

    /// A path as a value of `key=value,…`.
    private static String quoted(Path path) {
        return '"' + path.toString() + '"';
    }

    /// The exit status.
    /// @param report what the guest reported
    /// @param ended the status of `run`
    int outcome(String report, int ended) {
        OptionalInt status = reported(report);
        if (status.isPresent()) {
            return status.getAsInt();
        }
        if (!report.startsWith("up\n")) {
            err.println("testudo: the machine ended before the guest was up; the last messages of its kernel:");
            List<String> lines = read(messages()).lines().toList();
            lines.subList(Math.max(0, lines.size() - MESSAGES), lines.size()).forEach(err::println);
        } else if (options.command().isPresent()) {
            err.println("testudo: the machine ended before the command did");
        } else {
            // Its user has left it.
            return ended;
        }
        return ended == 0 ? FAILURE : ended;
    }

    /// The status that a guest reported for its session.
    static OptionalInt reported(String report) {
        Matcher matcher = EXIT.matcher(report);
        return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1)) & 0xFF) : OptionalInt.empty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
