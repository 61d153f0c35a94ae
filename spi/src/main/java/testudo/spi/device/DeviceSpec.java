package testudo.spi.device;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import testudo.spi.jail.JailNeeds;
import testudo.spi.net.NetworkOptions;
import testudo.spi.pci.PciAddress;
import testudo.spi.pci.PciDevice;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.platform.PlatformDeviceContext;
import testudo.spi.platform.Resource;
import testudo.spi.virtio.VirtioDevice;

/// A device that a machine should have: where it goes and how to make it. A value; nothing is open yet.
public sealed interface DeviceSpec {
    /// Its name in logs and errors, unique in the machine: `block0`.
    /// @return a short name
    String id();

    /// What it adds to the guest's kernel command line.
    /// @return parameters, may be empty
    List<KernelParameter> kernelParameters();

    /// A virtio device, on whatever transport the machine uses.
    /// @param id its name
    /// @param rank position in enumeration order, lowest first; crosvm's order: see [EnumerationRank]
    /// @param address where the user wants it
    /// @param bootIndex its place in the firmware's boot order
    /// @param kernelParameters additions to the command line
    /// @param factory makes it; on the starting thread, after the machine has memory
    record Virtio(
            String id,
            int rank,
            Optional<PciAddress> address,
            OptionalInt bootIndex,
            List<KernelParameter> kernelParameters,
            Factory<DeviceContext, VirtioDevice> factory) implements DeviceSpec {
        @Override
        public int hashCode() {
            return id.hashCode();
        }
    }

    /// A PCI device that is not virtio.
    /// @param id its name
    /// @param rank position in enumeration order
    /// @param address where the user wants it
    /// @param kernelParameters additions to the command line
    /// @param factory makes it
    record Pci(
            String id,
            int rank,
            Optional<PciAddress> address,
            List<KernelParameter> kernelParameters,
            Factory<DeviceContext, PciDevice> factory) implements DeviceSpec {
        @Override
        public int hashCode() {
            return id.hashCode();
        }
    }

    /// A device at fixed ports or addresses.
    /// @param id its name
    /// @param resources ports, addresses and interrupts, in the order in which the device numbers them
    /// @param firmware what the guest's firmware tables say about it
    /// @param kernelParameters additions to the command line
    /// @param factory makes it
    record Platform(
            String id,
            List<Resource> resources,
            Optional<FirmwareNode> firmware,
            List<KernelParameter> kernelParameters,
            Factory<PlatformDeviceContext, PlatformDevice> factory) implements DeviceSpec {}

    /// Makes a device.
    /// @param <C> its context
    /// @param <D> its contract
    @FunctionalInterface
    interface Factory<C, D> {
        /// Makes it.
        /// @param context what it lives in
        /// @return the device; the core closes it
        /// @throws testudo.spi.VmmException when a file or peer can't be opened
        D create(C context);

        /// What the device needs to live in a jail.
        /// @param backends what the host sides that it opens need
        /// @return grants, or why it can't
        default JailNeeds needs(BackendNeeds backends) {
            return new JailNeeds.Unjailable("its provider does not say what it needs in a jail");
        }

        /// A factory of devices that can say what they need in a jail.
        /// @param <C> their context
        /// @param <D> their contract
        /// @param needs what they need
        /// @param factory makes them, inside of the jail or outside
        /// @return the same factory with those needs
        static <C, D> Factory<C, D> jailable(JailNeeds needs, Factory<C, D> factory) {
            return jailable(backends -> needs, factory);
        }

        /// A factory of devices whose needs are those of what they open.
        /// @param <C> their context
        /// @param <D> their contract
        /// @param needs answers what they need
        /// @param factory makes them, inside of the jail or outside
        /// @return the same factory with those needs
        static <C, D> Factory<C, D> jailable(Function<BackendNeeds, JailNeeds> needs, Factory<C, D> factory) {
            return new Factory<>() {
                @Override
                public D create(C context) {
                    return factory.create(context);
                }

                @Override
                public JailNeeds needs(BackendNeeds backends) {
                    return needs.apply(backends);
                }
            };
        }
    }

    /// What the host sides of devices need in a jail, by the installed providers of those.
    @FunctionalInterface
    interface BackendNeeds {
        /// What a link needs.
        /// @param options what the user asked for
        /// @return grants, or why it can't be opened in a jail
        JailNeeds network(NetworkOptions options);
    }
}
