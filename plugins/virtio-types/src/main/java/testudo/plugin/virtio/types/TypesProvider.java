package testudo.plugin.virtio.types;

import java.util.List;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// States device types, by crosvm's names.
public final class TypesProvider implements DeviceProvider {
    private static final List<VirtioType> TYPES = List.of(
            new VirtioType("net", 1, 0x0280, 3),
            new VirtioType("scsi", 8, 0x0100, 3),
            new VirtioType("9p", 9, 0x0280, 1),
            new VirtioType("gpu", 16, 0x0380, 2),
            new VirtioType("input", 18, 0x0980, 2),
            new VirtioType("vsock", 19, 0x0280, 3),
            new VirtioType("iommu", 23, 0x0806, 2),
            new VirtioType("sound", 25, 0x0401, 4),
            new VirtioType("fs", 26, 0x0180, 2),
            new VirtioType("pmem", 27, 0x0108, 1),
            new VirtioType("mac80211-hwsim", 29, 0x0D80, 2),
            new VirtioType("video-encoder", 30, 0x0400, 2),
            new VirtioType("video-decoder", 31, 0x0400, 2),
            new VirtioType("scmi", 32, 0x0880, 2),
            new VirtioType("media", 48, 0x0400, 2),
            new VirtioType("pvclock", 61, 0x0880, 1),
            new VirtioType("tpm", 62, 0x0880, 1),
            new VirtioType("wl", 63, 0x0380, 2));

    /// For [java.util.ServiceLoader].
    public TypesProvider() {}

    @Override
    public String id() {
        return "virtio-types";
    }

    @Override
    public String summary() {
        return "types of virtio device that other programs serve";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of();
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return TYPES;
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        return List.of();
    }
}
