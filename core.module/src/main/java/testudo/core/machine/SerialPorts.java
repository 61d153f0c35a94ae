package testudo.core.machine;

import java.util.List;
import java.util.TreeSet;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostPlatform;
import testudo.spi.serial.SerialBackendProvider;
import testudo.spi.serial.SerialOpener;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;

/// Opens the host side of serial ports with the installed backend of the wanted type.
final class SerialPorts implements SerialOpener {
    private final HostPlatform host;
    private final List<SerialBackendProvider> backends;

    private final MachineServices machine;

    SerialPorts(HostPlatform host, List<SerialBackendProvider> backends, MachineServices machine) {
        this.host = host;
        this.backends = backends;
        this.machine = machine;
    }

    @Override
    public SerialPort open(SerialOptions options, EventLoop loop) {
        TreeSet<String> known = new TreeSet<>();
        for (SerialBackendProvider backend : backends) {
            if (backend.types().contains(options.type())) {
                return backend.open(options, host, loop, machine);
            }
            known.addAll(backend.types());
        }
        throw new VmmException.Config("serial type '%s' is not installed; there are: %s"
                .formatted(options.type(), String.join(", ", known)));
    }
}
