package testudo.spi.device;

import testudo.spi.VmmException;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostPlatform;
import testudo.spi.net.NetworkOpener;
import testudo.spi.serial.SerialOpener;

/// What a device lives in. A device knows nothing of processes, transports or hypervisors.
public interface DeviceContext {
    /// The device's name, for logs.
    /// @return as in its [DeviceSpec]
    String id();

    /// The host.
    /// @return the platform
    HostPlatform host();

    /// The loop whose thread owns the device.
    /// @return the loop
    EventLoop loop();

    /// The loop that serves a queue of a virtio device that asked for several ([testudo.spi.virtio.VirtioTraits#loops()]). For others
    /// the device's own.
    /// @param queue a queue's index; valid from [testudo.spi.virtio.VirtioDevice#activate] on
    /// @return loop `queue % loops`, of which the first is [#loop()]
    default EventLoop loop(int queue) {
        return loop();
    }

    /// Requests to the machine.
    /// @return what this device was granted
    MachineServices machine();

    /// Facts about the machine.
    /// @return the facts
    MachineFacts facts();

    /// Opens disk images of any installed format.
    /// @return the opener
    DiskOpener disks();

    /// Opens the host's side of serial ports.
    /// @return the opener
    SerialOpener serials();

    /// Opens the host's side of network interfaces.
    /// @return the opener
    default NetworkOpener networks() {
        return options -> {
            throw new VmmException.Config("device %s can't open networks here".formatted(id()));
        };
    }
}
