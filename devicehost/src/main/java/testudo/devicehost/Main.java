package testudo.devicehost;

import java.util.List;
import testudo.core.machine.HostedDevice;
import testudo.core.machine.Providers;
import testudo.spi.VmmException;

/// The program. It is started by a machine, with its connections as descriptors 3 and 4; it has no command line.
public final class Main {
    private static final int FAILURE = 1;

    private Main() {}

    /// Runs one device until its machine has gone, and ends the process.
    /// @param arguments none
    public static void main(String[] arguments) {
        int status;
        try {
            status = HostedDevice.run(Providers.find(List.of()));
        } catch (VmmException failure) {
            System.err.println("testudo: device process: " + failure.getMessage());
            status = FAILURE;
        }
        // Not System.exit(): it looks for a logger, whose files can't be opened in a jail. There is nothing to put in order.
        Runtime.getRuntime().halt(status);
    }
}
