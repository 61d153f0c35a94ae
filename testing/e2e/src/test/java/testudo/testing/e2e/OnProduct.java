package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;

/// Base of the tests that run the product.
abstract class OnProduct extends OnHost {
    /// How long a client command, or an end that it asked for, may take.
    protected static final Duration CLIENT_LIMIT = Duration.ofMinutes(2);

    /// A small machine of this backend.
    protected RunOptions machine() {
        return RunOptions.of(backend.kernels().getFirst());
    }

    /// Starts a machine and waits for the guest's prompt.
    protected Guest boot(RunOptions options) throws IOException, InterruptedException {
        host.exec("rm -f " + RunOptions.socket(host));
        return boot(start(1, options.commandLine(host, backend)));
    }

    /// Waits for the prompt of a guest whose machine was started with a command line of its own.
    protected Guest boot(BackgroundProgram monitor) throws IOException, InterruptedException {
        GuestConsole console = new GuestConsole(monitor.console());
        console.awaitPrompt();
        return new Guest(monitor, console);
    }

    /// Runs a client command of the product, such as `stop`, against the running machine.
    ///
    /// @param command the words before the socket's path, which comes last
    protected Host.Result client(String command) throws IOException, InterruptedException {
        return host.exec(host.image() + "/bin/testudo " + command + " " + RunOptions.socket(host), CLIENT_LIMIT);
    }

    /// Makes a data disk of zeros on the host.
    ///
    /// @return its path
    protected String disk(String name, int mebibytes) throws IOException, InterruptedException {
        String path = host.folder() + "/" + name;
        host.exec("rm -f " + path + "; truncate -s " + mebibytes + "M " + path).orFail("making " + path);
        return path;
    }
}
