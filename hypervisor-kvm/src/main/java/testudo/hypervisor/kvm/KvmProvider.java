package testudo.hypervisor.kvm;

import java.nio.file.Path;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.Opening;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Opens the KVM device. Whether the processor has VMX or SVM is the kernel's business: nothing here looks at CPUID.
public final class KvmProvider implements HypervisorProvider {
    static final OptionDeclaration<Path> DEVICE = OptionDeclaration.value(
            "kvm-device", Path.class, "PATH", "Hypervisor", "the KVM device; default /dev/kvm");

    private static final Path DEFAULT_DEVICE = Path.of("/dev/kvm");
    private static final int RANK = 100;

    /// For [java.util.ServiceLoader].
    public KvmProvider() {}

    @Override
    public String id() {
        return "kvm";
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(DEVICE);
    }

    private static Path device(Configuration configuration) {
        return configuration.value(DEVICE).orElse(DEFAULT_DEVICE);
    }

    @Override
    public Availability probe(Configuration configuration) {
        Path device = device(configuration);
        if (!System.getProperty("os.name").equals("Linux")) {
            return new Availability.Missing("KVM is part of Linux", "choose another hypervisor");
        }
        if (!System.getProperty("os.arch").equals("amd64")) {
            return new Availability.Missing(
                    "no KVM guests on machine type " + System.getProperty("os.arch"), "choose another hypervisor");
        }
        int descriptor = Opening.open(device.toString(), Opening.O_RDWR);
        if (descriptor < 0) {
            return new Availability.Missing(device + ": " + Errno.name(-descriptor), fix(-descriptor));
        }
        Descriptor open = new Descriptor(descriptor);
        try {
            long version = Ioctl.call(descriptor, Kvm.GET_API_VERSION, 0);
            return version == Kvm.API_VERSION
                    ? new Availability.Ready("API version " + version)
                    : new Availability.Missing(
                            version < 0
                                    ? "%s is no KVM device: %s".formatted(device, Errno.name((int) -version))
                                    : "%s has API version %d, not %d".formatted(device, version, Kvm.API_VERSION),
                            "name the KVM device with --kvm-device");
        } finally {
            open.close();
        }
    }

    private static String fix(int errno) {
        return switch (errno) {
            case Errno.EACCES, Errno.EPERM -> "add the user to group kvm";
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                "load the module kvm_intel or kvm_amd; in a virtual machine, switch on nested virtualization";
            case Errno.EBUSY -> "stop the other hypervisor that uses the processor's virtualization";
            default -> "see the kernel log";
        };
    }

    @Override
    public Hypervisor open(Configuration configuration, HostPlatform host) {
        if (probe(configuration) instanceof Availability.Missing(String what, String fix)) {
            throw new VmmException.Host(
                    VmmException.Kind.UNSUPPORTED, "%s [hypervisor kvm]; %s".formatted(what, fix));
        }
        Path device = device(configuration);
        int descriptor = (int) Errno.check(
                Opening.open(device.toString(), Opening.O_RDWR), "cannot open %s [hypervisor kvm]".formatted(device));
        return new KvmHypervisor(new KvmSystem(descriptor), host);
    }
}
