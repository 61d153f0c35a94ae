package testudo.platform.linux.confine;

import java.util.List;
import testudo.spi.host.HostProcess;
import testudo.spi.host.HostProcesses;
import testudo.spi.host.ProcessRequest;

/// Processes without a jail.
public final class LinuxProcesses implements HostProcesses {
    /// Makes the service.
    public LinuxProcesses() {}

    @Override
    public HostProcess start(ProcessRequest request) {
        return ProcessStarter.start(request, List.of(), program -> {}, program -> {});
    }
}
