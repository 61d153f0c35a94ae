package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;

/// Base of the tests that run the product.
abstract class OnProduct extends OnOuterLinux {
    private static final Duration CLIENT_LIMIT = Duration.ofMinutes(2);

    /// Starts a machine and waits for the guest's prompt.
    protected Guest boot(RunOptions options) throws IOException, InterruptedException {
        outer.exec("rm -f " + RunOptions.SOCKET);
        BackgroundProgram monitor = start(1, options.commandLine());
        GuestConsole console = new GuestConsole(monitor.console());
        console.awaitPrompt();
        return new Guest(monitor, console);
    }

    /// Runs a client command of the product, such as `stop`, against the running machine.
    ///
    /// @param command the words before the socket's path, which comes last
    protected OuterLinux.Result client(String command) throws IOException, InterruptedException {
        return outer.exec("/image/bin/testudo " + command + " " + RunOptions.SOCKET, CLIENT_LIMIT);
    }

    /// Makes a data disk of zeros in the outer Linux' memory.
    ///
    /// @return its path
    protected String disk(String name, int mebibytes) throws IOException, InterruptedException {
        String path = "/tmp/" + name;
        outer.exec("rm -f " + path + "; truncate -s " + mebibytes + "M " + path).orFail("making " + path);
        return path;
    }
}
