package testudo.core.machine;

import java.util.List;
import java.util.ServiceLoader;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostProcesses;
import testudo.spi.option.Configuration;

/// Decides which devices get a process of their own.
final class DeviceProcesses {
    private DeviceProcesses() {}

    /// The same device in a process of its own, when its provider's devices can run by themselves.
    /// @throws VmmException.Config when this platform can't start processes
    static DeviceSpec apart(DeviceProvider provider, DeviceSpec device, Configuration configuration, MachineFacts facts) {
        if (!(device instanceof DeviceSpec.Virtio virtio) || provider.standalone().isEmpty()) {
            return device;
        }
        HostProcesses starter = ServiceLoader.load(HostProcesses.class).findFirst().orElseThrow(
                () -> new VmmException.Config("--device-processes: no installed module starts processes on this platform"));
        return new DeviceSpec.Virtio(
                virtio.id(),
                virtio.rank(),
                virtio.address(),
                virtio.bootIndex(),
                virtio.kernelParameters(),
                new DeviceProcess(Assignment.of(provider, virtio.id(), configuration, facts), starter));
    }

    /// Those of a machine.
    static List<DeviceProcess> of(List<DeviceSpec> devices) {
        return devices.stream()
                .filter(DeviceSpec.Virtio.class::isInstance)
                .map(device -> ((DeviceSpec.Virtio) device).factory())
                .filter(DeviceProcess.class::isInstance)
                .map(DeviceProcess.class::cast)
                .toList();
    }
}
