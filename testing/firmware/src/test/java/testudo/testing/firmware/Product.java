package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Runs the command line in a process of its own, from the modules on this test's class path.
final class Product {
    private static final Set<String> LIBRARIES = Set.of("org.slf4j", "tools.jackson.core", "org.jspecify");
    private static final long LIMIT_SECONDS = 120;
    private static final String MODULE_PATH = modulePath();

    private Product() {}

    /// How a run ended.
    /// @param status the exit status, as `--extended-status` has it
    /// @param serial what the guest wrote to its first serial port, a character for a byte
    /// @param log standard error
    record Ending(int status, String serial, String log) {}

    /// Skips the test where no machine can run.
    static void assumeKvm() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "needs an x86-64 host");
        Path kvm = Path.of("/dev/kvm");
        assumeTrue(Files.isReadable(kvm) && Files.isWritable(kvm), "needs read and write access to /dev/kvm");
    }

    /// Runs a machine to its end, with the first serial port on standard output; the exit status says how it ended.
    /// @param folder for what the process prints
    /// @param arguments of `run`
    static Ending run(Path folder, String... arguments) throws IOException, InterruptedException {
        return start(folder, List.of("--extended-status", "run"), arguments);
    }

    /// The same, without `--extended-status`.
    static Ending runPlainly(Path folder, String... arguments) throws IOException, InterruptedException {
        return start(folder, List.of("run"), arguments);
    }

    /// Starts `testudo device …` in a process of its own, which the caller ends.
    /// @param log where its standard error goes
    /// @param arguments behind `device`
    static Process device(Path log, String... arguments) throws IOException {
        List<String> command = command();
        command.add("device");
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /// Runs a client command, such as `stop`, to its end.
    /// @param folder for what it prints
    /// @param words the command
    static Ending client(Path folder, String... words) throws IOException, InterruptedException {
        List<String> command = command();
        command.addAll(List.of(words));
        Path out = folder.resolve("client.out");
        Path err = folder.resolve("client.err");
        Process process = launch(command, out, err);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            fail("the client did not end within %d s\n%s".formatted(LIMIT_SECONDS, Files.readString(err)));
        }
        return new Ending(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /// Starts a machine that the caller ends.
    /// @param folder for what the process prints
    /// @param arguments of `run`
    static Process begin(Path folder, String... arguments) throws IOException {
        List<String> command = command();
        command.addAll(List.of("--extended-status", "run", "--mem", "64", "--serial", "type=stdout,hardware=serial,num=1"));
        command.addAll(List.of(arguments));
        return launch(command, folder.resolve("stdout"), folder.resolve("stderr"));
    }

    private static Process launch(List<String> command, Path out, Path err) throws IOException {
        return new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    private static List<String> command() {
        return new ArrayList<>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "--enable-native-access=testudo.platform.linux,testudo.hypervisor.kvm",
                        "--illegal-native-access=deny",
                        "--module-path",
                        MODULE_PATH,
                        "--module",
                        "testudo.cli/testudo.cli.Main"));
    }

    private static Ending start(Path folder, List<String> words, String... arguments) throws IOException, InterruptedException {
        List<String> command = command();
        command.addAll(words);
        command.addAll(List.of("--disable-sandbox", "--mem", "64", "--serial", "type=stdout,hardware=serial,num=1"));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("stdout");
        Path err = folder.resolve("stderr");
        Process process = launch(command, out, err);
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String serial = Files.readString(out, StandardCharsets.ISO_8859_1);
        String log = Files.readString(err, StandardCharsets.UTF_8);
        if (!ended) {
            fail("the machine did not end within %d s\n%s\n%s".formatted(LIMIT_SECONDS, serial, log));
        }
        return new Ending(process.exitValue(), serial, log);
    }

    /// Providers that a module declares are not seen on a class path: the modules go where they are modules.
    private static String modulePath() {
        List<String> modules = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            for (ModuleReference module : ModuleFinder.of(Path.of(entry)).findAll()) {
                ModuleDescriptor descriptor = module.descriptor();
                if (descriptor.name().startsWith("testudo.") && !descriptor.isAutomatic() || LIBRARIES.contains(descriptor.name())) {
                    modules.add(entry);
                }
            }
        }
        return String.join(File.pathSeparator, modules);
    }
}
