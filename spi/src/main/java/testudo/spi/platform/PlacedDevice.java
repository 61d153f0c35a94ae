package testudo.spi.platform;

import java.util.List;

/// A platform device and where it is.
/// @param id its name
/// @param device the device
/// @param resources what it occupies; the index into this list is what the device is called with
public record PlacedDevice(String id, PlatformDevice device, List<Resource> resources) {
    /// Copies the list.
    public PlacedDevice {
        resources = List.copyOf(resources);
    }
}
