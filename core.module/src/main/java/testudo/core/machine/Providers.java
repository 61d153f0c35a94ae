package testudo.core.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.device.DeviceProvider;
import testudo.spi.disk.DiskFormatProvider;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.irq.InterruptControllerProvider;
import testudo.spi.net.NetworkBackendProvider;
import testudo.spi.serial.SerialBackendProvider;
import testudo.spi.virtio.VirtioType;

/// Everything that is installed, by kind. Immutable.
/// @param hosts host platforms
/// @param hypervisors hypervisors
/// @param architectures guest architectures
/// @param devices devices
/// @param controllers interrupt controllers outside of hypervisors
/// @param disks disk formats
/// @param serials host sides of serial ports
/// @param networks host sides of network interfaces
public record Providers(
        List<HostPlatform> hosts,
        List<HypervisorProvider> hypervisors,
        List<ArchitectureProvider> architectures,
        List<DeviceProvider> devices,
        List<InterruptControllerProvider> controllers,
        List<DiskFormatProvider> disks,
        List<SerialBackendProvider> serials,
        List<NetworkBackendProvider> networks) {
    /// Copies the lists and refuses two providers with one id.
    /// @throws VmmException.Config naming both
    public Providers {
        hosts = unique(hosts, HostPlatform::id);
        hypervisors = unique(hypervisors, HypervisorProvider::id);
        architectures = unique(architectures, ArchitectureProvider::id);
        devices = unique(devices, DeviceProvider::id);
        controllers = unique(controllers, InterruptControllerProvider::id);
        disks = unique(disks, DiskFormatProvider::id);
        serials = List.copyOf(serials);
        networks = unique(networks, NetworkBackendProvider::id);
    }

    /// Finds what is installed in the runtime image and in further layers.
    /// @param layers layers of plugins from outside; may be empty
    /// @return the providers
    /// @throws VmmException.Config when two have one id or one can't be made
    public static Providers find(List<ModuleLayer> layers) {
        return new Providers(
                load(HostPlatform.class, layers),
                load(HypervisorProvider.class, layers),
                load(ArchitectureProvider.class, layers),
                load(DeviceProvider.class, layers),
                load(InterruptControllerProvider.class, layers),
                load(DiskFormatProvider.class, layers),
                load(SerialBackendProvider.class, layers),
                load(NetworkBackendProvider.class, layers));
    }

    /// The types of virtio device that device providers state.
    /// @return one for each name
    /// @throws VmmException.Config when two providers mean different types by one name
    public List<VirtioType> virtioTypes() {
        Map<String, VirtioType> types = new LinkedHashMap<>();
        for (DeviceProvider device : devices) {
            for (VirtioType type : device.virtioTypes()) {
                VirtioType other = types.putIfAbsent(type.name(), type);
                if (other != null && !other.equals(type)) {
                    throw new VmmException.Config(
                            "two providers, one of them %s, mean different virtio devices by '%s': %s and %s; remove one"
                                    .formatted(origin(device), type.name(), other, type));
                }
            }
        }
        return List.copyOf(types.values());
    }

    /// The platform of this host.
    /// @return the first that is ready
    /// @throws VmmException.Config when there is none
    public HostPlatform host() {
        for (HostPlatform host : hosts) {
            if (host.probe() instanceof Availability.Ready) {
                return host;
            }
        }
        throw new VmmException.Config("no platform module for this operating system is installed (%s %s)"
                .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }

    private static <T> List<T> load(Class<T> type, List<ModuleLayer> layers) {
        Map<Class<?>, T> found = new LinkedHashMap<>();
        try {
            collect(loader(type), found);
            for (ModuleLayer layer : layers) {
                collect(loader(layer, type), found);
            }
        } catch (ServiceConfigurationError e) {
            throw new VmmException.Config("an installed module is broken: %s; remove or replace it".formatted(e.getMessage()));
        }
        return new ArrayList<>(found.values());
    }

    private static <T> void collect(ServiceLoader<T> services, Map<Class<?>, T> found) {
        services.stream().forEach(provider -> found.computeIfAbsent(provider.type(), type -> provider.get()));
    }

    private static <T> ServiceLoader<T> loader(Class<T> type) {
        ModuleLayer layer = Providers.class.getModule().getLayer();
        return layer == null ? ServiceLoader.load(type) : ServiceLoader.load(layer, type);
    }

    private static <T> ServiceLoader<T> loader(ModuleLayer layer, Class<T> type) {
        return ServiceLoader.load(layer, type);
    }

    private static <T> List<T> unique(List<T> providers, Function<T, String> id) {
        Map<String, T> byId = new LinkedHashMap<>();
        for (T provider : providers) {
            T other = byId.putIfAbsent(id.apply(provider), provider);
            if (other != null) {
                throw new VmmException.Config("two providers are called '%s': %s and %s; remove one of the modules"
                        .formatted(id.apply(provider), origin(other), origin(provider)));
            }
        }
        return List.copyOf(providers);
    }

    private static String origin(Object provider) {
        Module module = provider.getClass().getModule();
        return module.isNamed() ? module.getName() : provider.getClass().getName();
    }
}
