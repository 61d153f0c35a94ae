package testudo.spi.platform;

import testudo.spi.device.DeviceContext;
import testudo.spi.irq.InterruptLine;
import testudo.spi.memory.DeviceMemory;

/// What a platform device lives in.
public interface PlatformDeviceContext extends DeviceContext {
    /// An interrupt line of the device.
    /// @param index among the [Resource.Irq]s of its resources, from 0
    /// @return the line
    InterruptLine line(int index);

    /// The guest's memory.
    /// @return the memory, which has its size when the device is used
    DeviceMemory memory();
}
