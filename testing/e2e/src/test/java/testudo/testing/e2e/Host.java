package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;

/// The machine that the product runs on: one inside an emulation, or this one. One thread uses it at a time.
interface Host extends AutoCloseable {
    /// How long an ordinary command may take; a busy or emulated machine is slow, so it is generous.
    Duration COMMAND_LIMIT = Duration.ofSeconds(120);

    /// What a command did.
    /// @param exitCode as a shell counts: 128 + n for signal n
    record Result(int exitCode, String stdout, String stderr) {
        /// @throws AssertionError unless the command succeeded
        Result orFail(String what) {
            if (exitCode != 0) {
                throw new AssertionError(what + " ended with " + exitCode + ": " + stderr + stdout);
            }
            return this;
        }
    }

    /// The folder of the image under test, there.
    String image();

    /// The folder with kernels and root file systems for guests, there.
    String material();

    /// A folder for sockets and disks, there.
    String folder();

    /// Runs a shell command; it is killed (exit code 137) when `limit` passes.
    Result exec(String command, Duration limit) throws IOException, InterruptedException;

    /// Runs a shell command with the ordinary time limit.
    default Result exec(String command) throws IOException, InterruptedException {
        return exec(command, COMMAND_LIMIT);
    }

    /// Writes a small file.
    void upload(byte[] content, String path) throws IOException, InterruptedException;

    /// Starts a program in the background with its standard input and output on a console port.
    ///
    /// @param console 1 to 3; only one program at a time may use a port
    BackgroundProgram start(int console, String command) throws IOException, InterruptedException;

    /// What may explain a failure, for a report.
    String report() throws IOException;

    @Override
    void close() throws IOException;
}
